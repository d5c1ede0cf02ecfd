package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/slacktest"
)

// A command is one word of a story. An error ends the story.
type command func(s *story, args []string) error

// commands are the words of a story:
//
//	slash PERSON ROOM WORDS…      types /change WORDS
//	say PERSON ROOM WORDS…        posts a message; @changebot mentions the bot
//	see ROOM PATTERN              waits until the room's transcript matches; @PERSON is their direct messages
//	raw ROOM PATTERN              the same with the messages as they came
//	posted ROOM PATTERN           all that was ever posted, in order, and whether it was deleted
//	attached ROOM PATTERN         waits until the files of a room match: their number, then names and contents
//	told PERSON PATTERN           waits until something only that person sees matches
//	count "ROOM WORDS" PATTERN    how many messages of the room hold these words: "1"
//	press PERSON ROOM BUTTON      presses the newest button with these words
//	press-old PERSON ROOM BUTTON  presses it on a message as it was before it was edited
//	fill PERSON LABEL=VALUE…      fills in and submits the open form
//	shout PERSON ROOM N           types /change and N letters
//	validate - PATTERN            what changebot validate prints
//	log PATTERN                   waits until changebot's log matches
//	watch PATH PATTERN            what the operations listener answers; public, the other one
//	sign PATH                     gives changebot a new SSH key, PATH in the story's folder, to sign commits with
//	verify N PATTERN              what git says of the signature of a pull request's head, the author of which has that key
//	tells-all                     the log tells every step with its change, and no secret
//	idle                          waits until changebot has done all that it was given; see idle_test.go
//	start                         runs changebot and waits until it is ready; launch does not wait
//	crash, restart                SIGKILL, and a new process
//	stop                          SIGTERM; it ends well. term does not wait for that
//	falter-slack METHOD HOW…      misbehaves at the next call, as slacktest.FaultKind says
//	forged-slack, forged-github   calls that neither of them signed
//	trouble SERVER CALL HOW       github or argocd does not do what is asked, until it is mended
//	mend SERVER                   it behaves again
//
// and those of git, GitHub and Argo CD in remotes_test.go, and of the command
// line in cli_test.go. A "!" before one that looks says that it must not be so now.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	words := map[string]func(ts *testscript.TestScript, neg bool, args []string){}
	for name, c := range also(actions(), also(cliActions(), watchers())) {
		words[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			s := ts.Value(storyKey{}).(*story)
			if neg {
				ts.Fatalf("! makes no sense before %s", name)
			}
			if err := c(s, args); err != nil {
				ts.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, s.Log.Tail())
			}
		}
	}
	for name, look := range also(looks(), also(cliLooks(), watches())) {
		words[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			s := ts.Value(storyKey{}).(*story)
			if err := s.expect(look, neg, args); err != nil {
				ts.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
			}
		}
	}
	return words
}

// A look reads something from a server, for a pattern to match.
type look func(s *story, where string) (string, error)

func looks() map[string]look {
	return map[string]look{
		"see": func(s *story, room string) (string, error) {
			id, err := s.room(room)
			return s.Slack.Transcript(id), err
		},
		"told":   told,
		"count":  count,
		"raw":    raw,
		"posted": posted,

		"attached": attached,

		"log":      func(s *story, _ string) (string, error) { return s.Log.String(), nil },
		"file":     file,
		"below":    below,
		"pull":     pull,
		"branches": branches,
		"app":      app,
		"pushes":   pushes,
		"calls":    calls,
		"sent":     sent,
		"main":     mainLog,

		"status": gateStatus,

		"validate": func(s *story, _ string) (string, error) {
			out, _ := s.Run("validate") // it fails where a check does
			return out, nil
		},
	}
}

// expect waits until what a look reads matches; with neg it must not match now.
func (s *story) expect(l look, neg bool, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("takes a place and a pattern")
	}
	pattern, err := regexp.Compile("(?si)" + args[1])
	if err != nil {
		return err
	}
	var text string
	if neg {
		text, err = l(s, args[0])
		if err == nil && pattern.MatchString(text) {
			err = fmt.Errorf("it is so:\n%s", text)
		}
		return err
	}
	ctx, cancel := waiting()
	defer cancel()
	err = bot.Until(ctx, func() (bool, error) {
		text, err = l(s, args[0])
		return pattern.MatchString(text), err
	})
	if err != nil {
		return fmt.Errorf("%w; it is:\n%s\nchangebot's log:\n%s", err, text, s.Log.Tail())
	}
	return nil
}

func actions() map[string]command {
	return map[string]command{
		"slash": func(s *story, args []string) error {
			user, room, err := s.who(args)
			if err != nil {
				return err
			}
			return s.answered(s.Slack.Slash(user, room, "/change", strings.Join(args[2:], " ")))
		},
		"say": func(s *story, args []string) error {
			user, room, err := s.who(args)
			if err != nil {
				return err
			}
			_, err = s.Slack.Say(user, room, strings.Join(args[2:], " "), "")
			return err
		},
		"shout":   shout,
		"press":   press,
		"settled": settled,
		"idle":    idle,
		"fill":    fill,
		"crash":   func(s *story, _ []string) error { return s.Stop(syscall.SIGKILL) },
		"start":   func(s *story, _ []string) error { return s.Start() },
		"launch":  func(s *story, _ []string) error { return s.Launch() },
		"restart": func(s *story, _ []string) error { return s.Start() },
		"push":    push,
		"rewind":  rewind,
		"rename":  rename,
		"put":     put,
		"fleet":   fleet,
		"open":    openPull,
		"review":  review,
		"dismiss": dismiss,
		"merge":   merge,
		"close":   closePull,
		"forge":   forgeStatus,
		"conform": conform,

		"unprotect": unprotect,
		"retarget":  retarget,
		"demand":    demand,
		"trouble":   trouble,
		"mend":      mend,

		"falter-slack": func(s *story, args []string) error {
			s.Slack.Inject(slacktest.Fault{Match: args[0], Kind: slacktest.FaultKind(strings.Join(args[1:], " "))})
			return nil
		},
		"lose":      lose,
		"press-old": pressOld,

		"forged-slack":  forgedSlack,
		"forged-github": forgedGitHub,
	}
}

// shout types a command that is very long.
func shout(s *story, args []string) error {
	user, room, err := s.who(args)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	return s.answered(s.Slack.Slash(user, room, "/change", strings.Repeat("x", n)))
}

// answered makes an error of what Slack itself tells a person where changebot
// runs and does not take what they did: it is lost then.
func (s *story) answered(out slacktest.Outcome, err error) error {
	if err != nil || out.Code == "" {
		return err
	}
	select {
	case <-s.Exited():
		return nil // nobody was there
	default:
		return fmt.Errorf("Slack tells them: %s (%s)", out.Notice, out.Code)
	}
}

// who reads a person and a room from the first two words.
func (s *story) who(args []string) (user, room string, err error) {
	if len(args) < 3 {
		return "", "", fmt.Errorf("takes a person, a room and words")
	}
	if user, err = s.person(args[0]); err != nil {
		return "", "", err
	}
	room, err = s.room(args[1])
	return user, room, err
}

// person is the Slack id of one of the example's people.
func (s *story) person(name string) (string, error) {
	id := "U0" + strings.ToUpper(name)
	if _, ok := s.Slack.User(id); !ok {
		return "", fmt.Errorf("nobody is called %s", name)
	}
	return id, nil
}

// room is a channel's id; @name is that person's direct messages with the bot.
func (s *story) room(name string) (string, error) {
	if person, ok := strings.CutPrefix(name, "@"); ok {
		user, err := s.person(person)
		return s.Slack.DM(user), err
	}
	id, ok := s.Slack.ChannelID(strings.TrimPrefix(name, "#"))
	if !ok {
		return "", fmt.Errorf("there is no room %s", name)
	}
	return id, nil
}

func told(s *story, name string) (string, error) {
	user, err := s.person(name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, m := range s.Slack.Ephemeral(user) {
		b.WriteString(s.Slack.Text(m) + "\n")
	}
	return b.String(), nil
}

// count counts the messages that stand in a room and hold some words.
func count(s *story, what string) (string, error) {
	name, words, _ := strings.Cut(what, " ")
	room, err := s.room(name)
	if err != nil {
		return "", err
	}
	n := 0
	for _, m := range s.Slack.Messages(room) {
		if !m.Deleted && strings.Contains(s.Slack.Text(m), words) {
			n++
		}
	}
	return strconv.Itoa(n), nil
}

// raw is a room's messages as they came, markup and all.
func raw(s *story, name string) (string, error) {
	room, err := s.room(name)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(s.Slack.Messages(room))
	return string(text), err
}

// attached are the files in a room's threads.
func attached(s *story, name string) (string, error) {
	room, err := s.room(name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	n := 0
	for _, m := range s.Slack.Messages(room) {
		for _, f := range m.Files {
			if m.ThreadTS == "" || m.Deleted {
				return "", fmt.Errorf("%s stands in no thread, or was deleted", f.Name)
			}
			n++
			fmt.Fprintf(&b, "%s\n%s\n", f.Name, f.Content)
		}
	}
	return fmt.Sprintf("%d files\n%s", n, b.String()), nil
}

// posted is every message of a room in the order they came, those that were
// deleted as well.
func posted(s *story, name string) (string, error) {
	room, err := s.room(name)
	var b strings.Builder
	for _, m := range s.Slack.Messages(room) {
		if m.Deleted {
			b.WriteString("deleted ")
		}
		b.WriteString(s.Slack.Text(m) + "\n")
	}
	return b.String(), err
}

// press presses the newest button with these words, as soon as there is one.
func press(s *story, args []string) error {
	user, room, err := s.who(args)
	if err != nil {
		return err
	}
	words := strings.Join(args[2:], " ")
	ctx, cancel := waiting()
	defer cancel()
	err = bot.Until(ctx, func() (bool, error) {
		messages := append(s.Slack.Messages(room), s.private(user, room)...)
		for i := len(messages) - 1; i >= 0; i-- {
			if m := messages[i]; !m.Deleted && strings.Contains(s.Slack.Text(m), "["+words+"]") {
				out, err := s.Slack.Click(user, room, m.TS, words, 0)
				if errors.Is(err, slacktest.ErrNotFound) {
					return false, nil // it went in this moment
				}
				return true, s.answered(out, err)
			}
		}
		return false, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no such button: %w\n%s", err, s.Slack.Transcript(room))
	}
	s.again = func() error { return press(s, args) }
	return err
}

// private are the messages that only this person sees in a room.
func (s *story) private(user, room string) []slacktest.Message {
	var in []slacktest.Message
	for _, m := range s.Slack.Ephemeral(user) {
		if m.Channel == room {
			in = append(in, m)
		}
	}
	return in
}

// pressAgain is what changebot tells a person whose form may not have opened:
// Slack opens one for three seconds after the press only.
const pressAgain = "please press again"

// fill submits the form that is open, waiting until there is one. Who is told to
// press again does.
func fill(s *story, args []string) error {
	user, err := s.person(args[0])
	if err != nil {
		return err
	}
	ctx, cancel := waiting()
	defer cancel()
	var view slacktest.View
	asked := 0
	if err := bot.Until(ctx, func() (open bool, err error) {
		if view, open = s.Slack.TopView(user); open {
			return true, nil
		}
		answers, err := told(s, args[0])
		if times := strings.Count(answers, pressAgain); err == nil && times > asked && s.again != nil {
			asked = times
			err = s.again()
		}
		return false, err
	}); err != nil {
		return fmt.Errorf("no form is open: %w", err)
	}
	values := map[string]string{}
	for _, a := range args[1:] {
		label, value, _ := strings.Cut(a, "=")
		values[label] = value
	}
	outcome, err := s.Slack.Submit(user, view.ID, values)
	if err == nil && len(outcome.Errors) > 0 {
		err = fmt.Errorf("the form was not accepted: %v", outcome.Errors)
	}
	return err
}
