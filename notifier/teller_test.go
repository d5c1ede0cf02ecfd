package notifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// world is a chat, a store and a clock in memory.
type world struct {
	now      time.Time
	change   gitops.Change
	entries  []gitops.Entry
	posts    map[string]Post
	outcomes map[string]json.RawMessage

	said    []said
	lagging bool             // the chat's history shows nothing
	crash   bool             // the next post stands, but nobody hears of it
	refuse  map[string]error // by channel or person
	updates int
}

type said struct {
	to      To
	ref     string
	m       Message
	deleted bool
}

func newWorld(c gitops.Change) *world {
	return &world{now: noon(10), change: c, posts: map[string]Post{}, outcomes: map[string]json.RawMessage{}, refuse: map[string]error{}}
}

func (w *world) tell(t *testing.T) error {
	t.Helper()
	teller := Teller{
		Outbox:  Outbox{Chat: w, Posts: w, Clock: func() time.Time { return w.now }, Grace: time.Minute},
		Changes: w, Journal: w, Log: slog.New(slog.DiscardHandler),
	}
	return teller.Tell(t.Context(), gitops.Lease{Until: time.Now().Add(time.Hour)}, w.change.ID)
}

func (w *world) Change(context.Context, string) (gitops.Change, error)   { return w.change, nil }
func (w *world) Entries(context.Context, string) ([]gitops.Entry, error) { return w.entries, nil }
func (w *world) SavePost(_ context.Context, p Post) error                { w.posts[p.Key] = p; return nil }
func (w *world) Posts(_ context.Context, subject string) ([]Post, error) {
	var all []Post
	for _, p := range w.posts {
		all = append(all, p)
	}
	return all, nil
}

func (w *world) Holds(context.Context, gitops.Lease) (time.Time, error) {
	return time.Now().Add(time.Minute), nil
}

func (w *world) Intend(_ context.Context, _ gitops.Lease, i effect.Intent) (effect.Record, error) {
	outcome, seen := w.outcomes[i.Key]
	if !seen {
		w.outcomes[i.Key] = nil
	}
	return effect.Record{New: !seen, Outcome: outcome}, nil
}

func (w *world) Conclude(_ context.Context, _ gitops.Lease, i effect.Intent, outcome json.RawMessage) error {
	w.outcomes[i.Key] = outcome
	return nil
}

func (w *world) Post(_ context.Context, to To, m Message, ref string) (Place, error) {
	if err := w.refuse[to.Channel+to.Person.ID]; err != nil {
		return Place{}, err
	}
	w.said = append(w.said, said{to: to, ref: ref, m: m})
	if w.crash {
		w.crash = false
		return Place{}, errors.New("the process died")
	}
	return Place{Channel: to.Channel + to.Person.Slack, TS: fmt.Sprint(len(w.said))}, nil
}

func (w *world) Attach(ctx context.Context, to To, m Message, f File) (Place, error) {
	if err := w.refuse[f.Name]; err != nil {
		return Place{}, err
	}
	return w.Post(ctx, to, m, f.Name)
}

func (w *world) Find(_ context.Context, to To, ref string) ([]Place, error) {
	var found []Place
	for i, s := range w.said {
		if s.ref == ref && !s.deleted && !w.lagging {
			found = append(found, Place{Channel: to.Channel + to.Person.Slack, TS: fmt.Sprint(i + 1)})
		}
	}
	return found, nil
}

func (w *world) at(p Place) *said {
	var i int
	_, _ = fmt.Sscan(p.TS, &i)
	return &w.said[i-1]
}

func (w *world) Update(_ context.Context, p Place, m Message) error {
	w.updates++
	w.at(p).m = m
	return nil
}

func (w *world) Delete(_ context.Context, p Place) error { w.at(p).deleted = true; return nil }

// standing counts the messages that stand with a ref.
func (w *world) standing(ref string) int {
	n := 0
	for _, s := range w.said {
		if s.ref == ref && !s.deleted {
			n++
		}
	}
	return n
}

func TestTellingTwiceSaysItOnce(t *testing.T) {
	w := newWorld(proposed())
	w.entries = []gitops.Entry{{Seq: 1, Kind: gitops.EntryNote, Text: "planned"}}
	for range 2 {
		if err := w.tell(t); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.said) != 5 || w.updates != 0 {
		t.Errorf("want live, one entry, the diff and two cards, never touched again; got %d posts, %d updates", len(w.said), w.updates)
	}
	if to := w.said[1].to; to.Thread != "1" || to.Channel != "C1" {
		t.Errorf("the entry stands in the live message's thread, got %+v", to)
	}
	w.change = at(w.change, gitops.StateCancelled, "Cancelled by Ada Lovelace", "")
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if len(w.said) != 6 || w.updates != 3 {
		t.Errorf("an end brings the log and edits the live message and both cards; got %d posts, %d updates", len(w.said), w.updates)
	}
}

func TestACrashAfterThePostLeavesOneMessage(t *testing.T) {
	w := newWorld(asked())
	w.crash = true
	if err := w.tell(t); err == nil {
		t.Fatal("the crash was not noticed")
	}
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if n := w.standing("c-7f3k2q/live"); n != 1 {
		t.Errorf("%d live messages stand, want 1", n)
	}
}

func TestWhatAnEarlierTryHasPostedSaysWhatIsSoNow(t *testing.T) {
	for name, crash := range map[string]func(*world){
		"killed before it heard of the post": func(w *world) { w.crash = true },
		"killed before it kept the post": func(w *world) {
			w.outcomes["post/live"] = json.RawMessage(`{"Channel":"C1","TS":"1"}`)
			w.said = append(w.said, said{to: To{Channel: "C1"}, ref: "c-7f3k2q/live", m: live(View{Change: w.change})})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(asked())
			if crash(w); w.crash && w.tell(t) == nil {
				t.Fatal("the crash was not noticed")
			}
			w.change = at(w.change, gitops.StateDenied, "There is nothing to roll back to", "")
			if err := w.tell(t); err != nil {
				t.Fatal(err)
			}
			want := live(View{Change: w.change})
			if got := w.said[0].m; w.standing("c-7f3k2q/live") != 1 || got.Hash() != want.Hash() {
				t.Errorf("%d live messages stand; the first says\n%s\nwant\n%s", w.standing("c-7f3k2q/live"), got.Summary(), want.Summary())
			}
		})
	}
}

func TestAFileIsAttachedOnceAndKeepsNothingBack(t *testing.T) {
	w := newWorld(proposed())
	name := w.change.ID + "-" + w.change.Plan.Digest.Short() + ".diff"
	w.refuse[name] = &gitops.Error{Code: gitops.Unavailable, Message: "Slack is not well."}
	if err := w.tell(t); err == nil {
		t.Fatal("a file that is not attached is worth another try")
	}
	if w.standing("c-7f3k2q/live") != 1 || w.standing("c-7f3k2q/card:1:carol") != 1 {
		t.Error("the messages stand without the file")
	}
	w.refuse, w.crash = nil, true
	w.now = w.now.Add(2 * time.Minute) // the history shows for certain that the first try left nothing
	if err := w.tell(t); err == nil {
		t.Fatal("the crash was not noticed")
	}
	for err := w.tell(t); err != nil; err = w.tell(t) { // it was tried twice, so a twin is looked for
		later := gitops.RetryAfter(err)
		if later == 0 {
			t.Fatal(err)
		}
		w.now = w.now.Add(later)
	}
	if n := w.standing(name); n != 1 {
		t.Errorf("%d diffs stand, want 1", n)
	}
	w.change.Plan.Edits = append(w.change.Plan.Edits, gitops.Edit{Path: "b", Field: "c", New: "d"})
	w.change.Plan.Digest = gitops.DigestOf(w.change.Plan.Edits)
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if n := w.standing(name); n != 1 {
		t.Errorf("%d of the old diff stand: another proposal has one of its own, and does not take the evidence away", n)
	}
}

func TestATwinThatTheLaggingHistoryHidIsDeleted(t *testing.T) {
	w := newWorld(asked())
	w.crash, w.lagging = true, true
	_ = w.tell(t)
	if later := gitops.RetryAfter(w.tell(t)); later != time.Minute {
		t.Fatalf("want to come back after the grace of a minute, got %v", later)
	}
	w.now = w.now.Add(time.Minute)
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if n := w.standing("c-7f3k2q/live"); n != 2 {
		t.Fatalf("%d live messages stand, want the twin to be there first", n)
	}
	if later := gitops.RetryAfter(w.tell(t)); later != time.Minute {
		t.Fatalf("want to look for the twin after a minute, got %v", later)
	}
	w.now = w.now.Add(time.Minute)
	if later := gitops.RetryAfter(w.tell(t)); later != 2*time.Minute {
		t.Fatalf("want to look again after two more while the history lags, got %v", later)
	}
	w.lagging = false
	w.now = w.now.Add(2 * time.Minute)
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if n := w.standing("c-7f3k2q/live"); n != 1 || !w.said[0].deleted || w.posts["live"].TS != "2" {
		t.Errorf("%d live messages stand, want the known one alone, whose thread tells the rest: %+v", n, w.posts["live"])
	}
}

func TestATwinThatNeverShowsIsGivenUp(t *testing.T) {
	w := newWorld(asked())
	w.crash, w.lagging = true, true
	_ = w.tell(t)
	w.now = w.now.Add(time.Minute)
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		err := w.tell(t)
		if err == nil {
			return
		}
		w.now = w.now.Add(gitops.RetryAfter(err))
	}
	t.Error("it is looked for without end")
}

func TestOneRefusedPostDoesNotKeepBackTheOthers(t *testing.T) {
	w := newWorld(proposed())
	w.refuse["bob"] = &gitops.Error{Code: gitops.Denied, Message: "Bob is deactivated."}
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if w.standing("c-7f3k2q/card:1:carol") != 1 || w.standing("c-7f3k2q/live") != 1 {
		t.Error("carol's card and the live message stand all the same")
	}
	w.refuse = nil
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if w.standing("c-7f3k2q/card:1:bob") != 1 {
		t.Error("bob gets his card as soon as the chat takes it")
	}
}

func TestOnePostThatFailsDoesNotKeepBackTheOthers(t *testing.T) {
	w := newWorld(proposed())
	w.refuse["bob"] = errors.New("the connection broke off")
	if err := w.tell(t); err == nil {
		t.Error("want another try for bob's card")
	}
	if w.standing("c-7f3k2q/card:1:carol") != 1 {
		t.Error("carol's card comes after bob's, and stands all the same")
	}
}

func TestALimitIsHeededAndKeepsTheOrderOfTheThread(t *testing.T) {
	w := newWorld(proposed())
	w.entries = []gitops.Entry{{Seq: 1, Kind: gitops.EntryNote, Text: "first"}, {Seq: 2, Kind: gitops.EntryNote, Text: "second"}}
	w.refuse["C1"] = gitops.Again{After: 30 * time.Second, Why: "rate limit"}
	if got := gitops.RetryAfter(w.tell(t)); got != 30*time.Second {
		t.Errorf("come back after %v, want 30 s", got)
	}
	w.refuse = nil
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, s := range w.said {
		refs = append(refs, s.ref)
	}
	first, second := slices.Index(refs, "c-7f3k2q/entry:1"), slices.Index(refs, "c-7f3k2q/entry:2")
	if first < 0 || second < first {
		t.Errorf("posted in the order %v", refs)
	}
}

func TestARoomThatRefusesSendsTheStoryToTheRequester(t *testing.T) {
	w := newWorld(asked())
	w.entries = []gitops.Entry{{Seq: 1, Kind: gitops.EntryNote, Text: "planned"}}
	w.refuse["C1"] = &gitops.Error{Code: gitops.Denied, Message: "not in that room"}
	if err := w.tell(t); err != nil {
		t.Fatal(err)
	}
	if len(w.said) != 2 || w.said[0].to.Person.ID != "ada" || w.said[1].to.Channel != "U1" {
		t.Errorf("want the live message and its thread with ada, got %+v", w.said)
	}
}
