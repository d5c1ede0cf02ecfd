package world

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/test/slacktest"
)

// The rooms of the sample, as its README describes them.
const (
	RoomReleases = "C0RELEASES"
	RoomPayments = "C0PAYMENTS"
	RoomOwners   = "C0OWNERS"
	RoomRandom   = "C0RANDOM"
)

func (w *World) startSlack() error {
	var err error
	w.Slack, err = slacktest.New(slacktest.Options{
		Seed: w.opts.Seed, SocketMode: w.opts.SocketMode, TeamName: "Acme", PageURL: w.opts.ExternalSlack, BotName: "changebot",
		Commands: []slacktest.Command{{Name: "/change", Description: "Change what runs", Hint: "promote checkout to prod because INC-4211"}},
		Hints:    hints(),

		AckTimeout: w.opts.Unhurried,
	})
	if err != nil {
		return fmt.Errorf("start Slack: %w", err)
	}
	members := []string{w.Slack.BotUserID()}
	for _, p := range w.People {
		w.Slack.AddUser(slacktest.User{ID: p.Slack, Name: p.ID, RealName: p.Name, Title: title(p.ID), Email: p.Email, TZ: p.TimeZone})
		members = append(members, p.Slack)
	}
	for id, name := range map[string]string{
		RoomReleases: "releases", RoomPayments: "payments", RoomOwners: "platform-owners", RoomRandom: "random",
	} {
		w.Slack.AddChannel(slacktest.Channel{ID: id, Name: name, Members: members})
	}
	return nil
}

// title is what a person of the sample does.
func title(id string) string {
	switch id {
	case "ada", "tomas":
		return "developer"
	case "grace":
		return "payments and release lead"
	case "omar":
		return "payments lead"
	case "ruth":
		return "release manager"
	case "nils":
		return "release lead, on call"
	case "ines":
		return "on call"
	case "mei":
		return "writes the banners"
	default:
		return strings.ToLower(id)
	}
}

// hints are sentences to begin with.
func hints() map[string][]string {
	return map[string][]string{
		RoomReleases: {
			"/change promote checkout to staging", "/change status prod",
			"/change promote search to prod because INC-4211",
			"/change promote banner to prod because REL-7",
			"/change restart storefront in staging", "/change diff staging prod",
		},
		RoomPayments: {"/change promote payments to staging", "/change history of payments in prod"},
		RoomRandom:   {"/change status of checkout", "/change help"},
	}
}
