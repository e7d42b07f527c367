package mllp_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/gateway"
)

// TestAcknowledgements says what each answer means for a delivery.
func TestAcknowledgements(t *testing.T) {
	for reply, want := range map[string]gateway.Code{
		"MSA|AA|C1\r": "", "MSA|CA|C1\r": "",
		"MSA|AE|C1\r": gateway.Invalid, "MSA|CE|C1\rERR|||207\r": gateway.Invalid,
		"MSA|AR|C1\r": gateway.Busy, "MSA|CR|C1\r": gateway.Busy, "MSA|AR|C1\rERR|||207^x\r": gateway.Busy, "MSA|AR|C1\rERR|||206\r": gateway.Busy,
		"MSA|AR|C1\rERR|||200^x\r": gateway.NotSupported, "MSA|AR|C1\rERR|||203\r": gateway.NotSupported, "MSA|AR|C1\rERR|||205\r": gateway.Conflict,
		"MSA|AR|C1\rERR|PID^1^3^101&x\r": gateway.Invalid, // before v2.5
		"MSA|AA|C2\r":                    gateway.Busy, "MSA|AA|\r": gateway.Busy, "MSA|XX|C1\r": gateway.Busy, "": gateway.Busy,
	} {
		p := newPeer(t)
		p.reply = func(string) string { return reply }
		_, err := dial(t, p.URL()).Send(context.Background(), parcel(1))
		if got := codeOf(err); got != want {
			t.Errorf("%q: %q (%v), want %q", reply, got, err, want)
		}
	}
}

func codeOf(err error) gateway.Code {
	if err == nil {
		return ""
	}
	return gateway.FaultOf(err).Code
}

// In enhanced mode with MSH-16 AL the application's answer counts.
func TestEnhancedModeWaitsForTheApplication(t *testing.T) {
	p := newPeer(t)
	p.reply = func(string) string {
		return "MSA|CA|C1\r\x1c\r\x0bMSH|^~\\&|a|b|c|d|2026||ACK|R2|P|2.5.1\rMSA|AE|C1\rERR|||103\r"
	}
	body := message("C1", "x", "", "", "AL", "AL")
	_, err := dial(t, p.URL()).Send(context.Background(), &gateway.Parcel{Key: "C1", Body: []byte(body)})
	if codeOf(err) != gateway.Invalid {
		t.Errorf("%v, want the application's answer", err)
	}
}

func TestRemoteIsTheirControlID(t *testing.T) {
	p := newPeer(t)
	remote, err := dial(t, p.URL()).Send(context.Background(), parcel(1))
	if err != nil || remote != "R1" {
		t.Errorf("%q, %v", remote, err)
	}
}

func TestConnectionIsKept(t *testing.T) {
	p := newPeer(t)
	s := dial(t, p.URL())
	for n := range 5 {
		if _, err := s.Send(context.Background(), parcel(n)); err != nil {
			t.Fatal(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) != 1 {
		t.Errorf("%d connections", len(p.conns))
	}
}

func TestBadEndpoints(t *testing.T) {
	for _, url := range []string{"", "mllp://clinic.example:2575", "mllps://clinic.example", "https://clinic.example:2575", "mllps://user@clinic.example:2575", "mllps://clinic.example:2575/x"} {
		if _, err := mllp.New(&gateway.Partner{Deliver: &gateway.Endpoint{URL: url}}, mllp.Options{}); err == nil {
			t.Errorf("%q was taken", url)
		}
	}
	for _, url := range []string{"mllp://127.0.0.1:2575", "mllp://10.1.2.3:2575", "mllps://clinic.example:2575"} {
		if _, err := mllp.New(&gateway.Partner{Deliver: &gateway.Endpoint{URL: url}}, mllp.Options{}); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestAMessageWithoutControlIDIsNotSent(t *testing.T) {
	p := newPeer(t)
	_, err := dial(t, p.URL()).Send(context.Background(), &gateway.Parcel{Body: []byte("MSH|^~\\&|a")})
	var f *gateway.Fault
	if !errors.As(err, &f) || f.Code != gateway.Invalid || !strings.Contains(err.Error(), "MSH-10") || len(p.Tries()) > 0 {
		t.Errorf("%v, %d sent", err, len(p.Tries()))
	}
}

// Several messages of one parcel go in order, each with its own acknowledgement;
// after a refusal the rest stays here.
func TestSeveralMessagesOfOneParcel(t *testing.T) {
	p := newPeer(t)
	var got []string
	p.reply = func(control string) string {
		got = append(got, control)
		if control == "C2" {
			return "MSA|AE|C2\r"
		}
		return "MSA|AA|" + control + "\r"
	}
	body := message("C1", "x") + message("C2", "x") + message("C3", "x")
	_, err := dial(t, p.URL()).Send(context.Background(), &gateway.Parcel{Key: "C1", Body: []byte(body)})
	if codeOf(err) != gateway.Invalid || strings.Join(got, " ") != "C1 C2" {
		t.Errorf("%v after %v", err, got)
	}
}
