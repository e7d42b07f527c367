// Package smartkey reads the private keys with which the gateway proves who it
// is to an authorization server, and makes the public key set that partners
// register (SMART App Launch 2, Backend Services:
// http://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html).
// It knows keys and claims, and nothing of servers.
package smartkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/go-json-experiment/json"
)

// Key is one private key with its id and the algorithm it signs with.
type Key struct {
	jwk jose.JSONWebKey
	alg jose.SignatureAlgorithm
}

// ID is the key id (kid) by which the receiver finds the public key.
func (k *Key) ID() string { return k.jwk.KeyID }

// Alg is RS384 or ES384.
func (k *Key) Alg() string { return string(k.alg) }

// Parse reads a PEM private key (PKCS#1, PKCS#8, SEC 1), a JWK, or a JWK set,
// whose first key signs and whose others are only published, so that a key can
// be changed without a gap. id names a key that has no kid; empty = the RFC 7638
// thumbprint. The errors never show the text.
func Parse(text, id string) ([]Key, error) {
	jwks, err := read(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	keys := make([]Key, 0, len(jwks))
	for _, j := range jwks {
		alg, err := algorithm(j.Key)
		if err != nil {
			return nil, err
		}
		if j.KeyID == "" {
			j.KeyID = id
		}
		if j.KeyID == "" {
			sum, err := j.Thumbprint(crypto.SHA256)
			if err != nil {
				return nil, errors.New("a key without a thumbprint")
			}
			j.KeyID = base64.RawURLEncoding.EncodeToString(sum)
		}
		j.Algorithm, j.Use = string(alg), "sig"
		keys = append(keys, Key{j, alg})
	}
	if len(keys) == 0 {
		return nil, errors.New("a key set with no key")
	}
	return keys, nil
}

func read(text string) ([]jose.JSONWebKey, error) {
	if !strings.HasPrefix(text, "{") {
		key, err := fromPEM([]byte(text))
		return []jose.JSONWebKey{{Key: key}}, err
	}
	var set jose.JSONWebKeySet
	if json.Unmarshal([]byte(text), &set) == nil && len(set.Keys) > 0 {
		return set.Keys, nil
	}
	var one jose.JSONWebKey
	if one.UnmarshalJSON([]byte(text)) != nil {
		return nil, errors.New("a JWK that cannot be read")
	}
	return []jose.JSONWebKey{one}, nil
}

func fromPEM(text []byte) (any, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("neither PEM nor a JWK")
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	return nil, errors.New("PEM that holds no private key")
}

// algorithm is the one of the two that SMART names which the key can do.
func algorithm(key any) (jose.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() >= 2048 {
			return jose.RS384, nil
		}
		return "", errors.New("an RSA key of less than 2048 bits")
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P384() {
			return jose.ES384, nil
		}
		return "", errors.New("an EC key of another curve than P-384")
	}
	return "", fmt.Errorf("a key of another kind than RSA or EC private")
}

// Assertion is the signed statement by which a client asks for a token: who it
// is, to whom it speaks, once, and for a short time.
func (k *Key) Assertion(client, audience, nonce string, now time.Time) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: k.jwk}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: client, Subject: client, Audience: jwt.Audience{audience}, ID: nonce,
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(lifetime)),
	}).Serialize()
}

// lifetime of an assertion; SMART allows five minutes at most.
const lifetime = 4 * time.Minute

// PublicSet is the JWK set of the public halves; each key once.
func PublicSet(keys []Key) []byte {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		if len(set.Key(k.ID())) == 0 {
			set.Keys = append(set.Keys, k.jwk.Public())
		}
	}
	text, err := json.Marshal(set)
	if err != nil {
		return []byte(`{"keys":[]}`) // public keys of known kinds: cannot happen
	}
	return text
}
