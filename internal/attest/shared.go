package attest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// SharedHeader carries what [SignShared] writes.
const SharedHeader = "Aureus-Signature"

// Signed is a message that was signed with a shared secret.
type Signed struct {
	At  time.Time // to the second, by the sender's clock
	MAC string    // hex, of which there is one for a message and its time
}

// SignShared signs a message for somebody who shares the secret:
// t=UNIX SECONDS,v1=HEX of the HMAC-SHA256 of the time, a full stop and the body.
func SignShared(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + macOf(secret, t+".", body)
}

// CheckShared checks such a signature; fault.Unauthorized when it is not of the
// body.
func CheckShared(secret []byte, header string, body []byte) (Signed, error) {
	var t, v1 string
	for part := range strings.SplitSeq(header, ",") {
		switch k, v, _ := strings.Cut(part, "="); k {
		case "t":
			t = v
		case "v1":
			v1 = v
		}
	}
	return checkMAC(secret, t, v1, t+".", body)
}

// CheckSlack checks a request of Slack (docs.slack.dev, verifying requests): the
// headers X-Slack-Request-Timestamp and X-Slack-Signature, with the app's signing
// secret.
func CheckSlack(secret []byte, timestamp, signature string, body []byte) (Signed, error) {
	v0, ok := strings.CutPrefix(signature, "v0=")
	if !ok {
		v0 = ""
	}
	return checkMAC(secret, timestamp, v0, "v0:"+timestamp+":", body)
}

func checkMAC(secret []byte, at, mac, prefix string, body []byte) (Signed, error) {
	sec, err := strconv.ParseInt(at, 10, 64)
	// Of the many ways to write the code in hex one is taken: a signature works once,
	// and is known by how it is written.
	if err != nil || !hmac.Equal([]byte(mac), []byte(macOf(secret, prefix, body))) {
		return Signed{}, fault.New(fault.Unauthorized, "the signature does not fit the body and the secret")
	}
	return Signed{At: time.Unix(sec, 0), MAC: mac}, nil
}

func macOf(secret []byte, prefix string, body []byte) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(prefix)) // a hash takes everything
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
