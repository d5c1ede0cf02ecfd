package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/sentence"
)

// An Utterance is what a person said to changebot: a sentence, or a form
// filled in.
type Utterance struct {
	Key     string // unique to the saying
	Text    string
	Form    *gitops.Command // set where a form was filled in; Text is not read then
	Slack   string          // user id
	Token   string          // by API: the SHA-256 of the person's token, in hexadecimal; Slack is empty then
	Room    gitops.Room
	Arrived time.Time

	// Question says that no Change may come of it.
	Question bool
}

// speaker is who said it, by the catalogue that governs what it is about.
func (u Utterance) speaker(p place) (gitops.Person, error) {
	if u.Token == "" {
		if person, linked := p.catalog.BySlack(u.Slack); linked {
			return person, nil
		}
		return gitops.Person{}, stranger()
	}
	if person, listed := p.catalog.ByToken(u.Token); listed {
		return person, nil
	}
	return gitops.Person{}, unlisted(p.repo.Name)
}

// Hear understands what was said. A change that is asked for becomes a Change,
// whose own messages tell the rest; anything else is answered at once.
func (r *Road) Hear(ctx context.Context, u Utterance) (gitops.Reply, error) {
	reply, kind, err := r.hear(ctx, u)
	r.Meter.Asked(kind, became(reply, err))
	if refusal, ok := asError(err); ok && refusal.Code != gitops.Unavailable && refusal.Code != gitops.Internal {
		return gitops.Reply{Refusal: refusal}, nil
	}
	return reply, err
}

// hear also says what was asked for, as far as that was understood.
func (r *Road) hear(ctx context.Context, u Utterance) (gitops.Reply, gitops.Kind, error) {
	known, err := r.knowledge(ctx)
	if err != nil {
		return gitops.Reply{}, "", err
	}
	command, question, err := understand(u, known.vocabulary())
	if err != nil || question != nil {
		return gitops.Reply{Question: question}, command.Kind, err
	}
	if command.Kind == gitops.KindHelp {
		return gitops.Reply{Help: known.help()}, command.Kind, nil
	}
	reply, err := r.obey(ctx, u, known, command)
	return reply, command.Kind, err
}

// obey answers a command, or makes a Change of it.
func (r *Road) obey(ctx context.Context, u Utterance, known knowledge, command gitops.Command) (gitops.Reply, error) {
	if command.Kind == gitops.KindQueue {
		table, err := r.queue(ctx, known, command, u)
		return gitops.Reply{Table: table}, err
	}
	if !command.Kind.Changes() {
		return r.answer(ctx, u, known, command)
	}
	settle := known.settle
	if command.All {
		settle = known.all
	}
	place, command, err := settle(command)
	if err != nil {
		return gitops.Reply{}, err
	}
	person, err := u.speaker(place)
	if err != nil {
		return gitops.Reply{}, err
	}
	if u.Question {
		return gitops.Reply{}, notAQuestion(u.Text)
	}
	q := gitops.Request{
		Key: u.Key, Command: command, Repository: place.repo.Name, Text: u.Text,
		Requester: person, Room: u.Room, At: u.Arrived,
	}
	if u.Room.API {
		if q.Room.Channel, err = r.toldIn(place.catalog, q); err != nil {
			return gitops.Reply{}, err
		}
	}
	id, err := r.submit(ctx, q)
	return gitops.Reply{Change: id}, err
}

func understand(u Utterance, v sentence.Vocabulary) (gitops.Command, *gitops.Question, error) {
	if u.Form == nil {
		return sentence.Parse(u.Text, v)
	}
	c := *u.Form
	for _, a := range c.Applications {
		if !slices.Contains(v.Applications, a) {
			return c, nil, &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("There is no application %q any more.", a)}
		}
	}
	c = c.Fitting()
	return c, sentence.Missing(c), nil
}

// submit stores a Request as a Change. The same key leads to the same Change.
func (r *Road) submit(ctx context.Context, q gitops.Request) (string, error) {
	if id, found, err := r.submitted(ctx, q); err != nil || found {
		return id, err
	}
	for longer := 0; ; longer++ {
		c := gitops.Change{ID: gitops.ChangeID(q.Key, longer), Request: q, State: gitops.StateRequested}
		c.Times = map[gitops.State]time.Time{gitops.StateRequested: q.At}
		entry := gitops.Entry{Kind: gitops.EntryTransition, Actor: q.Requester.ID, Text: asking(q)}
		stored, err := r.write(ctx, gitops.Lease{}, c, nil, entry)
		switch {
		case err == nil:
			return stored.ID, nil
		case errors.Is(err, ErrIDTaken):
			continue
		case gitops.CodeOf(err) == gitops.Conflict: // the same key, a moment ago
			id, _, err := r.submitted(ctx, q)
			return id, err
		default:
			return "", fmt.Errorf("store request %s: %w", q.Key, err)
		}
	}
}

// submitted finds the Change that a Request's key led to. By API people choose
// the key, and may choose one that stands for something else.
func (r *Road) submitted(ctx context.Context, q gitops.Request) (id string, found bool, err error) {
	c, found, err := r.Store.ByKey(ctx, q.Key)
	if err == nil && found && q.Room.API && c.Request.Text != q.Text {
		return "", false, KeyTaken()
	}
	return c.ID, found, err
}

// KeyTaken says that a key which somebody chose is another request's.
func KeyTaken() *gitops.Error {
	return &gitops.Error{Code: gitops.Conflict, Message: "That Idempotency-Key was used for another sentence.", Next: "Use a new key for a new request."}
}

func asking(q gitops.Request) string {
	if q.Room.API {
		return "asked by API: " + q.Text
	}
	return "asked: " + q.Text
}

// ErrIDTaken says that a new Change's id belongs to another Request; a longer
// one is tried.
var ErrIDTaken = errors.New("the id belongs to another change")

// knowledge is what all repositories declare now.
type knowledge []place

// A place is one repository with its catalogue.
type place struct {
	repo    *Repository
	tip     Tip
	catalog *gitops.Catalog
}

// knowledge reads the catalogues of all repositories. One that cannot be read
// at all keeps nobody from the others.
func (r *Road) knowledge(ctx context.Context) (knowledge, error) {
	var known knowledge
	var failed error
	for _, repo := range r.repositories {
		tip, err := repo.tip(ctx)
		if err != nil {
			failed = err
			continue
		}
		catalog, err := repo.recall(ctx, tip)
		if err != nil {
			failed = err
			continue
		}
		known = append(known, place{repo, tip, catalog})
	}
	if len(known) == 0 {
		return nil, failed
	}
	return known, nil
}

// vocabulary is the names that a sentence may use. An application that two
// repositories declare is written with its repository's name before it.
func (k knowledge) vocabulary() sentence.Vocabulary {
	var v sentence.Vocabulary
	for _, p := range k {
		name := k.namer(p)
		for _, a := range p.catalog.Applications() {
			v.Applications = append(v.Applications, name(a))
		}
		for _, e := range p.catalog.Environments {
			if !slices.Contains(v.Environments, e.Name) {
				v.Environments = append(v.Environments, e.Name)
			}
		}
	}
	return v
}

// Vocabulary returns the names that people may use now, for forms and help.
func (r *Road) Vocabulary(ctx context.Context) (applications, environments []string) {
	known, err := r.knowledge(ctx)
	if err != nil {
		r.Log.Warn("read the catalogues for a form", "error", err)
		return nil, nil
	}
	v := known.vocabulary()
	return v.Applications, v.Environments
}

// namer is how people write the applications of a repository: one that another
// repository declares too, with the repository's name before it.
func (k knowledge) namer(p place) func(application string) string {
	elsewhere := map[string]bool{}
	for _, other := range k {
		if other.repo != p.repo {
			for _, a := range other.catalog.Applications() {
				elsewhere[a] = true
			}
		}
	}
	_, short, _ := strings.Cut(p.repo.Name, "/")
	return func(application string) string {
		if elsewhere[application] {
			return short + "/" + application
		}
		return application
	}
}

// settle finds the repository that a command is about, and spells its
// applications as that repository does.
func (k knowledge) settle(c gitops.Command) (place, gitops.Command, error) {
	type home struct {
		place       int
		application string
	}
	homes := map[string]home{}
	for i, p := range k {
		name := k.namer(p)
		for _, a := range p.catalog.Applications() {
			homes[name(a)] = home{i, a}
		}
	}
	found := -1
	for i, name := range c.Applications {
		h, known := homes[name]
		if !known {
			continue
		}
		if found >= 0 && found != h.place {
			return place{}, c, &gitops.Error{
				Code:    gitops.Invalid,
				Message: fmt.Sprintf("%s lives in other repositories than the rest, and one change is one commit in one repository.", name),
				Next:    "Ask for them one by one.",
			}
		}
		found, c.Applications[i] = h.place, h.application
	}
	return k[max(0, found)], c, nil
}

func (k knowledge) help() *gitops.Help {
	v := k.vocabulary()
	return &gitops.Help{Applications: v.Applications, Environments: v.Environments}
}
