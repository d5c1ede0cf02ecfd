package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestARestartThatNoRuleCoversIsAWarningWhereOneMayAskForIt(t *testing.T) {
	const (
		version  = `versions: [{kustomize: {file: kustomization.yaml, image: "ghcr.io/acme/{app}"}}]`
		declared = version + "\n    restart: {file: restart.yaml, workload: \"{app}\"}"
		plain    = `versions: [{container: {file: kustomization.yaml, image: "ghcr.io/acme/{app}"}}]`
		all      = `may: ["*"]`
		ruled    = "environments: [prod], require"
		others   = "environments: [prod], kinds: [promote, rollback, lift], require"
		want     = `.changebot.yaml:4:5: warning: environments[1]: No approval rule covers a restart in prod of cart: it is denied. Add a rule to approvals that matches, with require or with auto: true.`
	)
	for _, c := range []struct {
		name                  string
		layout, grant, ruling string
		want                  []string
	}{
		{"declared, granted and not covered", declared, all, others, []string{want}},
		{"of plain manifests, which need no declaration", plain, all, others, []string{want}},
		{"granted by its name", declared, "may: [promote, restart]", others, []string{want}},
		{"covered by a rule of all kinds", declared, all, ruled, nil},
		{"granted to nobody", declared, "may: [promote, rollback, lift]", others, nil},
		{"not declared", version, all, others, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.NewReplacer(version, c.layout, all, c.grant, ruled, c.ruling).Replace(good)
			if _, problems := check(t, text, onlyCart()); !slices.Equal(texts(problems), c.want) {
				t.Errorf("it says:\n%v\nwant:\n%v", problems, c.want)
			}
		})
	}
}

func TestAHoldThatNobodyMayLiftIsAWarning(t *testing.T) {
	const all = `may: ["*"]`
	const in = `.changebot.yaml:3:5: warning: environments[0]: A rollback in dev puts a version of cart on hold, and nobody may lift that. Add lift to may of a grant.`
	for grant, want := range map[string][]string{
		"may: [promote, rollback]":       {in, strings.NewReplacer("3:5", "4:5", "[0]", "[1]", "dev", "prod").Replace(in)},
		"may: [promote, rollback, lift]": nil,
		"may: [promote]":                 nil,
	} {
		if _, problems := check(t, strings.Replace(good, all, grant, 1), onlyCart()); !slices.Equal(texts(problems), want) {
			t.Errorf("where they %s it says:\n%v\nwant:\n%v", grant, problems, want)
		}
	}
}
