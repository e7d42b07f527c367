package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
)

// ReferralLink lets a receiver without a system answer a referral once: it is
// bound to one version of its Task and ends by itself. The address says nothing
// about anybody.
type ReferralLink struct {
	ID       string // hex; of the delivery it was made for, so that a repeat makes the same one
	Partner  PartnerID
	Task     fhir.Ref
	Version  int64
	Delivery DeliveryID // empty = made by hand, or after an answer
	Created  time.Time
	Expires  time.Time
	Used     time.Time // zero = not answered
	Answer   string    // the status that was set
}

// LinkID is the id of the link of a delivery, or of the link that follows another.
func LinkID(of string) string {
	sum := sha256.Sum256([]byte("referral-link\x00" + of))
	return hex.EncodeToString(sum[:12])
}

// Token is the secret part of the address: the id and an HMAC over all that the
// link is bound to.
func (l *ReferralLink) Token(secret string) string {
	return l.ID + "." + base64.RawURLEncoding.EncodeToString(l.mac(secret))
}

func (l *ReferralLink) mac(secret string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "referral-link\x00%s\x00%s\x00%s\x00%d\x00%d", l.ID, l.Partner, l.Task, l.Version, l.Expires.Unix())
	return h.Sum(nil)[:18]
}

// TokenID is the id in a token that has the form of one.
func TokenID(token string) (string, bool) {
	id, mac, ok := strings.Cut(token, ".")
	_, err := hex.DecodeString(id)
	return id, ok && err == nil && len(id) == 24 && len(mac) == 24
}

// Signed says whether a token is the one of this link.
func (l *ReferralLink) Signed(secret, token string) bool {
	return hmac.Equal([]byte(l.Token(secret)), []byte(token))
}
