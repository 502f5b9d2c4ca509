package attest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aureus-agents/aureus/internal/attest"
	"github.com/aureus-agents/aureus/internal/fault"
)

const shared = "0123456789abcdef0123456789abcdef"

func TestCheckShared(t *testing.T) {
	at, body := time.Unix(1_700_000_000, 0), `{"a":1}`
	good := attest.SignShared([]byte(shared), at, []byte(body))
	_, mac, _ := strings.Cut(good, "v1=")
	for _, tt := range []struct {
		name, header, body string
		ok                 bool
	}{
		{"good", good, body, true},
		{"in another order", "v1=" + mac + ",t=1700000000", body, true},
		{"another body", good, `{"a":2}`, false},
		{"another time", strings.Replace(good, "t=17", "t=18", 1), body, false},
		{"the same time written otherwise", strings.Replace(good, "t=17", "t=+17", 1), body, false},
		{"in capitals", strings.Replace(good, mac, strings.ToUpper(mac), 1), body, false},
		{"empty", "", body, false},
		{"no hex", "t=1700000000,v1=zz", body, false},
	} {
		got, err := attest.CheckShared([]byte(shared), tt.header, []byte(tt.body))
		if (err == nil) != tt.ok || err != nil && !fault.Is(err, fault.Unauthorized) || tt.ok && (!got.At.Equal(at) || got.MAC != mac) {
			t.Errorf("CheckShared() of %s = %+v, %v, want ok %v", tt.name, got, err, tt.ok)
		}
	}
}

// TestCheckSlack: the example of Slack's documentation.
func TestCheckSlack(t *testing.T) {
	const (
		secret, at = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618"
		body       = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
		signature  = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	)
	if got, err := attest.CheckSlack([]byte(secret), at, signature, []byte(body)); err != nil || got.At.Unix() != 1531420618 {
		t.Errorf("CheckSlack() of Slack's example = %+v, %v", got, err)
	}
	for _, s := range []string{"", "v0=", signature[3:], "v0=" + strings.ToUpper(signature[3:]), "v1=" + signature[3:]} {
		if _, err := attest.CheckSlack([]byte(secret), at, s, []byte(body)); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("CheckSlack(%q) = %v, want UNAUTHENTICATED", s, err)
		}
	}
}

// FuzzCheckShared: no header but one with the right code is taken.
func FuzzCheckShared(f *testing.F) {
	good := attest.SignShared([]byte(shared), time.Unix(1_700_000_000, 0), []byte("body"))
	for _, s := range []string{good, "", "t=,v1=", "t=1700000000,v1=00", strings.ToUpper(good), "v1=,v1=,t=t"} {
		f.Add(s)
	}
	_, mac, _ := strings.Cut(good, "v1=")
	f.Fuzz(func(t *testing.T, header string) {
		if _, err := attest.CheckShared([]byte(shared), header, []byte("body")); err == nil && !strings.Contains(header, mac) {
			t.Errorf("CheckShared(%q) takes a header without the right code", header)
		}
	})
}
