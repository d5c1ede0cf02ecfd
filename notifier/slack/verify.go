package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// maxSkew is how far a request's timestamp may be from our clock, either way.
const maxSkew = 300 * time.Second

// verify checks Slack's signature over the raw body. It returns why a request
// is refused, empty where it is Slack's. An empty secret verifies nothing.
func verify(secret string, header http.Header, body []byte, now time.Time) (why string) {
	stamp := header.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "no_timestamp"
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
		return "late"
	}
	if secret == "" {
		return "no_secret"
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	want := "v0=" + hex.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(want), []byte(header.Get("X-Slack-Signature"))) {
		return "signature"
	}
	return ""
}
