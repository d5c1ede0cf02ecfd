package main

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/changebot/changebot/test/slacktest"

	_ "modernc.org/sqlite" // the driver that changebot's own store has
)

// The floor's environment: its database and the secret that requests are
// signed with.
const (
	floorFile   = "BENCH_FLOOR_FILE"
	floorSecret = "BENCH_FLOOR_SECRET"
)

// serveFloor is the least that an honest acknowledgement takes: it verifies the
// signature, commits the payload as one row to SQLite with synchronous=FULL,
// and answers. Nobody ever works on the rows.
func serveFloor(ctx context.Context, address string) error {
	db, err := sql.Open("sqlite", "file:"+os.Getenv(floorFile)+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // SQLite has one writer
	if _, err := db.ExecContext(ctx, `CREATE TABLE inbox (id INTEGER PRIMARY KEY, payload BLOB)`); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: floorHandler(db, os.Getenv(floorSecret))}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func floorHandler(db *sql.DB, secret string) http.HandlerFunc {
	turn := make(chan struct{}, 1)
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		at, err := strconv.ParseInt(r.Header.Get("X-Slack-Request-Timestamp"), 10, 64)
		want := slacktest.Sign(secret, time.Unix(at, 0), body)
		if err != nil || !hmac.Equal([]byte(want), []byte(r.Header.Get("X-Slack-Signature"))) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		turn <- struct{}{} // in the order in which they came: database/sql would take anybody who waits
		_, err = db.ExecContext(r.Context(), `INSERT INTO inbox (payload) VALUES ($1)`, body)
		<-turn
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
}
