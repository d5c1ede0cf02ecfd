package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
)

// The types of interactions and the callback ids of dialogs.
const (
	typeActions    = "block_actions"
	typeSubmission = "view_submission"
	dialogReject   = "reject"
	dialogRequest  = "request"
	shortcutChange = "change" // the message and global shortcut that opens the form
)

// The blocks of the dialogs; the one input in each has the same id.
const (
	blockReason  = "reason"
	blockKind    = "kind"
	blockApps    = "applications"
	blockEnv     = "environment"
	blockVersion = "version"
	blockBecause = "because"
)

// Limits of a dialog.
const (
	maxOptions = 100
	maxOption  = 75  // characters of an option's text; its value takes more
	maxTyped   = 500 // characters of a reason
)

// A note is what a dialog keeps to itself: ids, and what the form does not ask.
type note struct {
	Change  string `json:"change,omitempty"`
	Token   string `json:"token,omitempty"`
	Channel string `json:"channel,omitempty"`
	Thread  string `json:"thread,omitempty"`
	From    string `json:"from,omitempty"`
	Back    int    `json:"back,omitempty"`
}

// dialogFor is the dialog that an interaction asks for, if any.
func (a *App) dialogFor(ctx context.Context, i interaction) (api.ModalViewRequest, bool) {
	n := note{Channel: cmp.Or(i.Channel.ID, i.Container.ChannelID), Thread: i.Container.ThreadTS}
	id, value := i.action()
	switch {
	case i.Type == typeActions && id == string(notifier.ActionReject):
		change, token, ok := notifier.ParseButtonValue(value)
		if !ok {
			return api.ModalViewRequest{}, false
		}
		n.Change, n.Token = change, token
		return rejectDialog(n), true
	case i.Type == typeActions && id == string(notifier.ActionForm):
		return requestDialog(a.names(ctx), notifier.ParseFormValue(value), n), true
	case (i.Type == "shortcut" || i.Type == "message_action") && i.CallbackID == shortcutChange:
		return requestDialog(a.names(ctx), gitops.Command{Kind: gitops.KindPromote}, n), true
	default:
		return api.ModalViewRequest{}, false
	}
}

// names are those that a dialog offers; none where they are not there soon.
func (a *App) names(ctx context.Context) notifier.Vocabulary {
	ctx, cancel := context.WithTimeout(ctx, a.patience.names)
	defer cancel()
	return a.vocabulary(ctx)
}

func dialog(callback, title, submit string, n note, all ...api.Block) api.ModalViewRequest {
	private, _ := json.Marshal(n) // plain data
	return api.ModalViewRequest{
		Type: api.VTModal, CallbackID: callback, Title: words(title), Submit: words(submit), Close: words("Back"),
		PrivateMetadata: string(private), Blocks: api.Blocks{BlockSet: all},
	}
}

// rejectDialog asks why.
func rejectDialog(n note) api.ModalViewRequest {
	why := api.NewPlainTextInputBlockElement(words("What should change first?"), blockReason)
	why.Multiline, why.MaxLength = true, maxTyped
	return dialog(dialogReject, "Reject "+short("#"+n.Change, 16), "Reject", n,
		api.NewInputBlock(blockReason, words("Why?"), words("The requester and everybody in the thread will read it."), why))
}

// requestDialog asks for what is missing, with what was understood filled in.
func requestDialog(v notifier.Vocabulary, draft gitops.Command, n note) api.ModalViewRequest {
	n.From, n.Back = draft.From, draft.Back
	version := api.NewPlainTextInputBlockElement(words("1.42.3"), blockVersion)
	version.InitialValue, version.MaxLength = short(draft.Version, 200), 200
	because := api.NewPlainTextInputBlockElement(words("INC-4211"), blockBecause)
	because.InitialValue, because.MaxLength = short(draft.Because, maxTyped), maxTyped
	return dialog(dialogRequest, "New change", "Ask for it", n,
		api.NewInputBlock(blockKind, words("What shall happen?"), nil, kinds(draft.Kind)),
		api.NewInputBlock(blockApps, words("Which applications?"), nil, several(v.Applications, draft.Applications)),
		api.NewInputBlock(blockEnv, words("Where?"), nil, choice(blockEnv, "Environment", v.Environments, draft.Environment)),
		optional(api.NewInputBlock(blockVersion, words("Which version?"), words(unnamed()), version)),
		optional(api.NewInputBlock(blockBecause, words("Because of what?"), words("An incident, a ticket, or your words."), because)),
	)
}

// unnamed says for each kind which version it is about where none is named.
func unnamed() string {
	text := "Where it is empty:"
	for _, k := range gitops.Changing() {
		text += " " + gitops.Capital(k.Words().Offer) + ": " + gitops.Clause(k.Words().Unnamed)
	}
	return text
}

func optional(b *api.InputBlock) *api.InputBlock {
	b.Optional = true
	return b
}

// choice is a select, or a line to type in where there is nothing or too much
// to choose from.
func choice(id, placeholder string, all []string, chosen string) api.BlockElement {
	if len(all) == 0 || len(all) > maxOptions {
		return typed(id, placeholder, chosen)
	}
	e := api.NewOptionsSelectBlockElement(api.OptTypeStatic, words(placeholder), id, options(all)...)
	if slices.Contains(all, chosen) {
		e.InitialOption = options([]string{chosen})[0]
	}
	return e
}

// kinds is a select of what may be asked for, in words.
func kinds(chosen gitops.Kind) api.BlockElement {
	var all []*api.OptionBlockObject
	var initial *api.OptionBlockObject
	for _, k := range gitops.Changing() {
		o := api.NewOptionBlockObject(string(k), words(gitops.Capital(k.Words().Offer)), nil)
		if all = append(all, o); k == chosen {
			initial = o
		}
	}
	e := api.NewOptionsSelectBlockElement(api.OptTypeStatic, words(gitops.Capital(gitops.OrList(gitops.Offers()))), blockKind, all...)
	e.InitialOption = initial
	return e
}

func several(all, chosen []string) api.BlockElement {
	if len(all) == 0 || len(all) > maxOptions {
		return typed(blockApps, "checkout, search", strings.Join(chosen, ", "))
	}
	e := api.NewOptionsMultiSelectBlockElement(api.MultiOptTypeStatic, words("Applications"), blockApps, options(all)...)
	known := slices.DeleteFunc(slices.Clone(chosen), func(c string) bool { return !slices.Contains(all, c) })
	if len(known) > 0 {
		e.InitialOptions = options(known)
	}
	return e
}

func typed(id, placeholder, value string) *api.PlainTextInputBlockElement {
	e := api.NewPlainTextInputBlockElement(words(placeholder), id)
	e.InitialValue, e.MaxLength = short(value, 1000), 1000
	return e
}

func options(values []string) []*api.OptionBlockObject {
	var out []*api.OptionBlockObject
	for _, v := range values {
		out = append(out, api.NewOptionBlockObject(short(v, 150), words(short(v, maxOption)), nil))
	}
	return out
}

// input returns what stands in a block of a submitted dialog.
func (v view) input(block string) input { return v.State.Values[block][block] }

// text is what a person typed or picked in a block.
func (v view) text(block string) string {
	i := v.input(block)
	return strings.TrimSpace(cmp.Or(i.Value, i.Option.Value))
}

// list is what a person picked, or typed with commas.
func (v view) list(block string) []string {
	var out []string
	for _, o := range v.input(block).Multiple {
		out = append(out, o.Value)
	}
	split := func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }
	return append(out, strings.FieldsFunc(v.input(block).Value, split)...)
}

// errors says what is missing in a submitted dialog, by block; Slack shows it
// there and keeps the dialog open.
func (v view) errors() map[string]string {
	wrong := map[string]string{}
	need := func(block, what string, empty bool) {
		if empty {
			wrong[block] = what
		}
	}
	switch v.CallbackID {
	case dialogReject:
		need(blockReason, "Please say why: the requester needs to know what to change.", v.text(blockReason) == "")
	case dialogRequest:
		need(blockKind, "Please choose one.", v.text(blockKind) == "")
		need(blockApps, "Please name at least one application.", len(v.list(blockApps)) == 0)
		need(blockEnv, "Please name the environment.", v.text(blockEnv) == "")
		c := gitops.Command{Kind: gitops.Kind(v.text(blockKind)), Version: v.text(blockVersion)}
		need(blockVersion, "Please leave this empty: "+c.Kind.Words().Noun+" changes no version.", c.Version != "" && c.Fitting().Version == "")
	}
	return wrong
}

// note reads back what the dialog kept; whatever cannot be read is empty.
func (v view) note() note {
	var n note
	if json.Unmarshal([]byte(v.PrivateMetadata), &n) != nil {
		return note{}
	}
	return n
}

// command is what a filled-in form asks for, and the same in words.
func (v view) command() (gitops.Command, string) {
	n := v.note()
	c := gitops.Command{
		From: n.From, Back: n.Back,
		Kind: gitops.Kind(v.text(blockKind)), Applications: v.list(blockApps), Environment: v.text(blockEnv),
		Version: v.text(blockVersion), Because: v.text(blockBecause),
	}
	if c = c.Fitting(); c.Version != "" {
		c.From, c.Back = "", 0 // it was of the version before
	}
	return c, c.Spoken()
}
