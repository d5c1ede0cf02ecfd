package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
)

// hookID is the number of the App's one hook.
const hookID = 470001

// request makes the signed POST of a delivery.
func request(ctx context.Context, target Target, d *Delivery) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.URL, bytes.NewReader(d.Payload))
	if err != nil {
		return nil, fmt.Errorf("deliver %s: %w", d.ID, err)
	}
	h := req.Header
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "GitHub-Hookshot/044aadd")
	h.Set("X-GitHub-Event", d.Event)
	h.Set("X-GitHub-Delivery", d.ID)
	h.Set("X-GitHub-Hook-ID", strconv.Itoa(hookID))
	h.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	h.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(target.AppID, 10))
	if target.Secret != "" {
		h.Set("X-Hub-Signature-256", "sha256="+Sign(target.Secret, d.Payload))
	}
	return req, nil
}

// Sign returns the hexadecimal HMAC-SHA256 that GitHub signs a payload with.
func Sign(secret string, payload []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(payload)
	return hex.EncodeToString(mac.Sum(nil))
}

// newID makes a delivery id in the form of GitHub's, a version 1 UUID. The
// caller holds q.mu.
func (q *Queue) newID() string {
	a, b := q.random.Uint64(), q.random.Uint64()
	return fmt.Sprintf("%08x-%04x-11f1-%04x-%012x", uint32(a), uint16(a>>32), uint16(b>>48)&0x3fff|0x8000, b&0xffffffffffff)
}
