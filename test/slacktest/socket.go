package slacktest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Facts of Socket Mode.
const (
	maxSockets     = 10
	pingEvery      = 5 * time.Second // slack-go gives up after 30 s of silence
	maxAck         = 20_000          // bytes of an acknowledgement; Slack drops longer ones silently
	socketLifetime = 3600            // seconds, as announced in hello
)

// hub holds the app's Socket Mode connections. Server.mu guards it.
type hub struct {
	tickets map[string]bool // issued by apps.connections.open, each good for one connection
	conns   []*socketConn
	next    int
	waiting map[string]chan answer // by envelope_id
}

type socketConn struct {
	ws    *websocket.Conn
	write sync.Mutex
}

func (c *socketConn) send(v any) error {
	c.write.Lock()
	defer c.write.Unlock()
	_ = c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second)) // fails only on a dead connection
	return c.ws.WriteJSON(v)
}

func (s *Server) connectionsOpen(args) (object, error) {
	if !s.opts.SocketMode {
		return nil, refuse("socket_mode_disabled")
	}
	if s.socket.tickets == nil {
		s.socket.tickets = map[string]bool{}
		s.socket.waiting = map[string]chan answer{}
	}
	ticket := s.newID("")
	s.socket.tickets[ticket] = true
	to := "ws" + strings.TrimPrefix(s.URL(), "http") + "/socket?" + url.Values{"ticket": {ticket}, "app_id": {s.opts.AppID}}.Encode()
	return object{"url": to}, nil
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	good := s.socket.tickets[ticket] && s.ctx.Err() == nil
	delete(s.socket.tickets, ticket)
	s.mu.Unlock()
	if !good {
		http.Error(w, "this ticket is unknown or used", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	c := &socketConn{ws: ws}
	defer ws.Close()
	count, ok := s.addSocket(c)
	if !ok {
		_ = c.send(object{"type": "disconnect", "reason": "too_many_websockets", "debug_info": debugInfo()})
		return
	}
	defer s.dropSocket(c)
	if err := c.send(s.hello(count)); err != nil {
		return
	}
	stop := make(chan struct{})
	defer close(stop)
	s.work.Go(func() { c.pingUntil(stop) })
	s.readSocket(c)
}

func (s *Server) hello(count int) object {
	info := debugInfo()
	info["approximate_connection_time"] = socketLifetime
	return object{
		"type": "hello", "num_connections": count, "debug_info": info,
		"connection_info": object{"app_id": s.opts.AppID},
	}
}

func debugInfo() object { return object{"host": "applink-1", "build_number": 1} }

func (s *Server) addSocket(c *socketConn) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.socket.conns) >= maxSockets || s.ctx.Err() != nil {
		return 0, false
	}
	s.work.Add(1) // dropSocket ends it
	s.socket.conns = append(s.socket.conns, c)
	s.touch()
	return len(s.socket.conns), true
}

func (s *Server) dropSocket(c *socketConn) {
	defer s.work.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.socket.conns = slices.DeleteFunc(s.socket.conns, func(o *socketConn) bool { return o == c })
	s.touch()
}

func (c *socketConn) pingUntil(stop <-chan struct{}) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		_ = c.ws.WriteControl(websocket.PingMessage, []byte("Ping"), time.Now().Add(time.Second)) // a dead one is found by its reader
		select {
		case <-stop:
			return
		case <-tick.C:
		}
	}
}

// readSocket takes acknowledgements until the connection ends.
func (s *Server) readSocket(c *socketConn) {
	for {
		_, raw, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		if len(raw) >= maxAck {
			s.mu.Lock()
			s.violate("socket mode", "an acknowledgement of %d bytes; Slack drops those of %d and more", len(raw), maxAck)
			s.mu.Unlock()
			continue
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if json.Unmarshal(raw, &ack) != nil {
			continue
		}
		s.mu.Lock()
		if waiting, ok := s.socket.waiting[ack.EnvelopeID]; ok {
			delete(s.socket.waiting, ack.EnvelopeID)
			waiting <- answer{body: ack.Payload, contentType: "application/json"}
		}
		s.mu.Unlock()
	}
}

// sendSocket gives a parcel to one of the connections, each in its turn.
func (s *Server) sendSocket(ctx context.Context, p parcel) answer {
	s.mu.Lock()
	if len(s.socket.conns) == 0 {
		s.mu.Unlock()
		return answer{failure: "connection_failed"}
	}
	c := s.socket.conns[s.socket.next%len(s.socket.conns)]
	s.socket.next++
	id := strings.ToLower(s.newID("e-"))
	reply := make(chan answer, 1)
	s.socket.waiting[id] = reply
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.socket.waiting, id)
		s.mu.Unlock()
	}()
	envelope := object{
		"type": p.envelope, "envelope_id": id, "payload": p.payload,
		"accepts_response_payload": p.envelope != "events_api",
	}
	if p.envelope == "events_api" {
		envelope["retry_attempt"], envelope["retry_reason"] = p.attempt, p.reason
	}
	if err := c.send(envelope); err != nil {
		return answer{failure: "connection_failed"}
	}
	select {
	case a := <-reply:
		return a
	case <-ctx.Done():
		return answer{failure: whyFailed(ctx.Err())}
	}
}

// Connections is how many Socket Mode connections the app holds.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.socket.conns)
}

// RefreshSockets asks the app to reconnect, as Slack does every hour or so,
// and closes the old connections once it was told.
func (s *Server) RefreshSockets() {
	for _, c := range s.sockets() {
		_ = c.send(object{"type": "disconnect", "reason": "refresh_requested", "debug_info": debugInfo()})
	}
}

// CutSockets closes all Socket Mode connections without a word.
func (s *Server) CutSockets() { s.closeSockets() }

func (s *Server) closeSockets() {
	for _, c := range s.sockets() {
		_ = c.ws.Close()
	}
}

func (s *Server) sockets() []*socketConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.socket.conns)
}
