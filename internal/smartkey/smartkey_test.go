package smartkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/internal/smartkey"
)

func ec(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func block(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestForms(t *testing.T) {
	key := ec(t, elliptic.P384())
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err8 := x509.MarshalPKCS8PrivateKey(key)
	sec1, err1 := x509.MarshalECPrivateKey(key)
	jwk, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: "k1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, alg, kid string }{
		"PKCS#8": {block(t, "PRIVATE KEY", pkcs8, err8), "ES384", "given"}, "SEC 1": {block(t, "EC PRIVATE KEY", sec1, err1), "ES384", "given"},
		"PKCS#1": {block(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey), nil), "RS384", "given"},
		"JWK":    {string(jwk), "ES384", "k1"}, "JWK set": {`{"keys":[` + string(jwk) + `]}`, "ES384", "k1"},
	} {
		keys, err := smartkey.Parse(c.text, "given")
		if err != nil || len(keys) != 1 || keys[0].Alg() != c.alg || keys[0].ID() != c.kid {
			t.Errorf("%s: %v %v", name, keys, err)
		}
	}
	one, _ := smartkey.Parse(block(t, "PRIVATE KEY", pkcs8, nil), "")
	two, _ := smartkey.Parse(block(t, "EC PRIVATE KEY", sec1, nil), "")
	if one[0].ID() == "" || one[0].ID() != two[0].ID() {
		t.Error("the thumbprint is not that of the key")
	}
}

func TestKeysThatWillNotDo(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no short keys: " + err.Error())
	}
	weak, err := x509.MarshalECPrivateKey(ec(t, elliptic.P256()))
	public, errPublic := x509.MarshalPKIXPublicKey(ec(t, elliptic.P384()).Public())
	for name, text := range map[string]string{
		"short RSA": block(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short), nil), "P-256": block(t, "EC PRIVATE KEY", weak, err),
		"public": block(t, "PUBLIC KEY", public, errPublic), "empty": "", "JSON": "{}", "an empty set": `{"keys":[]}`, "text": "hunter2",
	} {
		if _, err := smartkey.Parse(text, ""); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAssertionAndPublicSet(t *testing.T) {
	der, err := x509.MarshalPKCS8PrivateKey(ec(t, elliptic.P384()))
	keys, err := smartkey.Parse(block(t, "PRIVATE KEY", der, err), "")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1700000000, 0)
	text, err := keys[0].Assertion("me", "https://auth.example/token", "n1", now)
	if err != nil {
		t.Fatal(err)
	}
	public := smartkey.PublicSet(append(keys, keys...))
	if strings.Contains(string(public), `"d"`) {
		t.Fatalf("the private half is public: %s", public)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(public, &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%v: %d keys", err, len(set.Keys))
	}
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.ES384})
	if err != nil {
		t.Fatal(err)
	}
	var claims jwt.Claims
	if err := token.Claims(set.Key(token.Headers[0].KeyID)[0].Key, &claims); err != nil {
		t.Fatal(err)
	}
	life := claims.Expiry.Time().Sub(now)
	if claims.Issuer != "me" || claims.Subject != "me" || claims.ID != "n1" || !claims.Audience.Contains("https://auth.example/token") || life <= 0 || life > 5*time.Minute {
		t.Errorf("%+v", claims)
	}
}
