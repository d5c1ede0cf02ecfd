package githubtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// tokenLife is how long an installation token works.
const tokenLife = time.Hour

// App is the GitHub App that the server knows.
type App struct {
	ID   int64  // 1001 by default
	Slug string // changebot by default; its bot's login is "slug[bot]"
	Name string // the slug by default
	// KeyPEM is the private key in PKCS #1 PEM; generated where it is empty.
	KeyPEM []byte
}

// App returns the App with everything filled in.
func (s *Server) App() App { return s.opt.App }

// botLogin is the login the App acts under.
func (s *Server) botLogin() string { return s.opt.App.Slug + "[bot]" }

// kind tells what an actor is.
type kind int

const (
	anonymous kind = iota
	person
	theApp  // signed by the App's key
	install // a token of an installation
)

// actor is whoever makes a call.
type actor struct {
	kind        kind
	login       string // empty for the anonymous
	install     *installation
	permissions map[string]string // of an installation's token
	repos       []int64           // the token's repositories; nil is all
}

// token is a credential that was handed out.
type token struct {
	actor   actor
	expires time.Time // zero: never
}

// keys holds the App's key and the tokens.
type keys struct {
	public *rsa.PublicKey
	mu     sync.Mutex
	random *mathrand.Rand // names of tokens; they open only this server
	tokens map[string]token
}

// newKeys fills in the App and takes or makes its key.
func newKeys(app *App, seed uint64) (*keys, error) {
	if app.ID == 0 {
		app.ID = 1001
	}
	if app.Slug == "" {
		app.Slug = "changebot"
	}
	if app.Name == "" {
		app.Name = app.Slug
	}
	if len(app.KeyPEM) == 0 {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("make the App's key: %w", err)
		}
		app.KeyPEM = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM(app.KeyPEM)
	if err != nil {
		return nil, fmt.Errorf("read the App's key: %w", err)
	}
	return &keys{public: &key.PublicKey, tokens: map[string]token{}, random: mathrand.New(mathrand.NewPCG(seed, 0x746f6b))}, nil
}

// issue makes a token for an actor.
func (k *keys) issue(prefix string, a actor, expires time.Time) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := fmt.Sprintf("%s_%016x%016x%04x", prefix, k.random.Uint64(), k.random.Uint64(), len(k.tokens))
	k.tokens[name] = token{actor: a, expires: expires}
	return name
}

// UserToken makes a personal access token of a person. It does not expire.
func (s *Server) UserToken(login string) string {
	a := s.account(login, "", "User")
	return s.keys.issue("ghp", actor{kind: person, login: a.login}, time.Time{})
}

// InstallationToken makes a token of the App's installation on an owner, as a
// client gets one from the API. It lasts an hour of the server's clock.
func (s *Server) InstallationToken(owner string) (string, error) {
	in := s.installationOf(owner)
	if in == nil {
		return "", fmt.Errorf("token for %s: the App is not installed there", owner)
	}
	return s.keys.issue("ghs", s.installedActor(in), s.now().Add(tokenLife)), nil
}

// installedActor is the App acting through an installation with all it may do.
func (s *Server) installedActor(in *installation) actor {
	return actor{kind: install, login: s.botLogin(), install: in, permissions: in.permissions}
}

// RevokeTokens ends every installation token at once.
func (s *Server) RevokeTokens() {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	for name, t := range s.keys.tokens {
		if t.actor.kind == install {
			delete(s.keys.tokens, name)
		}
	}
}

// errCredentials is what GitHub answers to any credential it does not accept.
func errCredentials() error { return refuse(http.StatusUnauthorized, "Bad credentials") }

// authenticate tells who makes a request. No credentials at all is nobody;
// wrong ones are an error.
func (s *Server) authenticate(r *http.Request) (actor, error) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "":
		return actor{}, nil
	case "basic":
		raw, err := base64.StdEncoding.DecodeString(credential)
		user, password, ok := strings.Cut(string(raw), ":")
		if err != nil || !ok {
			return actor{}, errCredentials()
		}
		if password == "" || password == "x-oauth-basic" { // the token as user name
			password = user
		}
		return s.byToken(password)
	case "token", "bearer":
		if strings.Count(credential, ".") == 2 {
			return s.byJWT(credential)
		}
		return s.byToken(credential)
	}
	return actor{}, errCredentials()
}

func (s *Server) byToken(name string) (actor, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	t, ok := s.keys.tokens[name]
	if !ok || (!t.expires.IsZero() && !s.clock().Before(t.expires)) {
		return actor{}, errCredentials()
	}
	return t.actor, nil
}

// byJWT verifies what the App signed, by the server's clock: RS256, issued by
// the App, not in the future (a minute of drift is allowed), and not valid for
// more than ten minutes.
func (s *Server) byJWT(raw string) (actor, error) {
	var claims jwt.RegisteredClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(raw, &claims, func(*jwt.Token) (any, error) { return s.keys.public, nil }); err != nil {
		return actor{}, refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	if err := s.checkClaims(claims); err != nil {
		return actor{}, refuse(http.StatusUnauthorized, err.Error())
	}
	return actor{kind: theApp, login: s.botLogin()}, nil
}

func (s *Server) checkClaims(c jwt.RegisteredClaims) error {
	now := s.clock()
	switch {
	case c.Issuer != strconv.FormatInt(s.opt.App.ID, 10):
		return errors.New("'Issuer' claim ('iss') must be the App's id")
	case c.ExpiresAt == nil || !c.ExpiresAt.After(now):
		return errors.New("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case c.ExpiresAt.After(now.Add(10*time.Minute + time.Second)):
		return errors.New("'Expiration time' claim ('exp') is too far in the future")
	case c.IssuedAt == nil || c.IssuedAt.After(now.Add(time.Minute)):
		return errors.New("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	}
	return nil
}
