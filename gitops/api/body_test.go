package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestABodyThatDoesNotArriveIsCountedAndSaidToBeWorthAnotherTry(t *testing.T) {
	h := open(t, nil)
	tests := []struct {
		name   string
		length int
		body   string
		status int
		reason string
		says   string
	}{
		{"too long", 1 << 20, `{"text":"`, http.StatusRequestEntityTooLarge, "too_large", `"code":"invalid","message":"The request is too long.","next":"Send at most 65536 bytes."`},
		{"broken off", 100, `{"text":"promote`, http.StatusBadRequest, "truncated", `"code":"unavailable","message":"The request did not arrive in full.","next":"Send it again`},
	}
	var reasons []string
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, text := h.breakOff(t, tt.length, tt.body)
			if status != tt.status || !strings.Contains(text, tt.says) {
				t.Errorf("%d: %s", status, text)
			}
		})
		reasons = append(reasons, tt.reason)
	}
	if diff := cmp.Diff(reasons, h.refused); diff != "" {
		t.Error(diff)
	}
}

// breakOff announces a body of a length, sends less, and sends no more.
func (h *house) breakOff(t *testing.T, length int, body string) (status int, text string) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/requests HTTP/1.1\r\nHost: changebot\r\nAuthorization: Bearer %s\r\nIdempotency-Key: one\r\nContent-Length: %d\r\n\r\n%s", token, length, body)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}
