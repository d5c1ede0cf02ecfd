package bot

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"
)

// How long a replica may take for the head of its answer before the next one
// is tried: less than Slack waits, and more than the API lets wait who asks it.
const (
	patience    = time.Second
	patienceAPI = 12 * time.Second
)

// A Balancer stands before several replicas: each request goes to the next one
// that answers. One that hangs is given up, so a request may reach two.
type Balancer struct {
	server *httptest.Server
	client *http.Client
	slow   *http.Client // for the API
	turn   atomic.Uint64
	urls   []string
}

// Balance starts a Balancer before replicas.
func Balance(replicas ...*Bot) *Balancer {
	b := &Balancer{
		client: &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: patience}},
		slow:   &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: patienceAPI}},
	}
	for _, r := range replicas {
		b.urls = append(b.urls, r.URL())
	}
	b.server = httptest.NewServer(b)
	return b
}

// URL is where it listens.
func (b *Balancer) URL() string { return b.server.URL }

// Close stops it.
func (b *Balancer) Close() {
	b.server.Close()
	b.client.CloseIdleConnections()
	b.slow.CloseIdleConnections()
}

// ServeHTTP passes a request on.
func (b *Balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	first := b.turn.Add(1)
	for i := range b.urls {
		url := b.urls[(first+uint64(i))%uint64(len(b.urls))] + r.URL.RequestURI()
		answer, err := b.try(r, url, body)
		if err != nil {
			continue
		}
		defer func() { _ = answer.Body.Close() }()
		for k, v := range answer.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body) // who asked has gone
		return
	}
	http.Error(w, "no replica answers", http.StatusBadGateway)
}

func (b *Balancer) try(r *http.Request, url string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return b.slow.Do(request)
	}
	return b.client.Do(request)
}
