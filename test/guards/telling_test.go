package guards

// observing: what stands in chat, and what runs in a cluster.
func observing() []guard {
	const teller, pretend = "./notifier", "./test/argocdtest"
	return []guard{
		// 23. What stands in chat is known to one process only.
		{23, "notifier/outbox.go", "post.TS, post.Hash = \"\", noteTried+strconv.FormatInt(o.Clock().UnixMilli(), 10)\n\tif err := o.Posts.SavePost(ctx, post); err != nil {",
			"post.TS, post.Hash = \"\", noteTried+strconv.FormatInt(o.Clock().UnixMilli(), 10)\n\tif err := error(nil); err != nil {", teller, "TestACrashAfterThePostLeavesOneMessage"},
		{23, "notifier/outbox.go", "if post.TS != \"\" || post.Gone {\n\t\treturn nil\n\t}\n\tspec", "spec", teller, "TestANoticeIsPostedOncePerKey"},
		{23, "notifier/teller.go", `case post.Gone, spec.Keep, post.TS != "" && (post.Hash == hash || spec.File != nil):`, `case post.Gone, spec.Keep, hash == "":`, teller, "TestTellingTwiceSaysItOnce"},
		{15, "notifier/notices.go", `n.Leases.Acquire(posting, subject, noticeTime)`, `gitops.Lease{}, true, error(nil)`, teller, "TestANoticeForWhichThereAreTwoReasonsAtOnceIsPostedOnce"},
		{23, "notifier/outbox.go", `if wait := tried.Add(o.Grace).Sub(o.Clock()); wait > 0 {`, `if wait := tried.Add(o.Grace).Sub(o.Clock()); false {`,
			teller, "TestATwinThatTheLaggingHistoryHidIsDeleted"},

		// 26. Waiting for an event that has happened already.
		{26, "gitops/argocd/watch.go", "if stop, err = w.read(ctx); stop || err != nil {\n\t\treturn stop, err\n\t}\n\tagain", "again", pretend, "TestAWatchReadsAgainOnceItListens"},
		{26, "gitops/argocd/watch.go", "case <-again.C:\n\t\t\tif stop, err = w.read(ctx); stop || err != nil {", "case <-again.C:\n\t\t\tif stop || err != nil {",
			pretend, "TestAWatchOfAServerThatIsSilentReadsAgain"},
		{26, "gitops/argocd/watch.go", `if err == nil && version < w.version {`, `if err != nil && version < w.version {`, "./gitops/argocd", "TestAWatchNeverGoesBack"},
	}
}

// deciding: who may say yes.
func deciding() []guard {
	const approvals, rbac, slack = "./approvals", "./approvals/rbac", "./notifier/slack"
	return []guard{
		// 27. The person behind the change approves it.
		{27, "approvals/decide.go", `case same(person, change.Request.Requester):`, `case false:`, approvals, "TestMayDecide"},
		{27, "approvals/rule.go", `!same(m, j.change.Request.Requester) && `, ``, approvals, "TestPeopleAreWhoTheyAreNow"},
		{27, "approvals/rule.go", ` && !same(d.Person, j.change.Request.Requester)`, ``, approvals, "TestPeopleAreWhoTheyAreNow"},
		{27, "approvals/person.go", `a.GitHub != "" && strings.EqualFold(a.GitHub, b.GitHub) ||`, `strings.EqualFold("", "-") ||`, approvals, "TestOneHumanIsKnownByAnyAccount"},
		{27, "approvals/person.go", `a.TokenSHA256 != "" && a.TokenSHA256 == b.TokenSHA256`, `a.TokenSHA256 != "" && false`, approvals, "TestOneHumanIsKnownByAnyAccount"},

		// 28. An identity by name instead of by id.
		{28, "approvals/decide.go", `if _, ok := c.Person(p.ID); ok && p.ID != "" {`, `if p.ID != "" || p.Name != "" || p.GitHub != "" {`, approvals, "TestMayDecide"},
		{28, "gitops/catalog/sense.go", `if first, twice := owner[a.key+a.value]; twice {`, `if first, twice := owner[a.key+a.value]; twice && false {`,
			"./gitops/catalog", "TestWhatMakesNoSenseIsSaidWithItsPlace"},
		{28, "gitops/catalog.go", `return user != "" && p.Slack == user`, `return p.Slack == user`, "./gitops", "TestNobodyIsFoundByAnAccountThatTheyDoNotHave"},
		{28, "gitops/catalog.go", `return login != "" && strings.EqualFold(p.GitHub, login)`, `return strings.EqualFold(p.GitHub, login)`, "./gitops", "TestNobodyIsFoundByAnAccountThatTheyDoNotHave"},
		{28, "gitops/catalog.go", `if same && p.TokenSHA256 != "" {`, `if same {`, "./gitops", "TestATokenBelongsToWhoeverListsItsHash"},
		{28, "gitops/workflow/review.go", "case !linked:\n\t\treturn w.note", "case !linked && v.Login == \"\":\n\t\treturn w.note", scenarios, "TestScenarios/stranger"},

		// 29. An allow-list that is not set is skipped.
		{29, "approvals/rbac/enforcer.go", `return slices.Contains(list, "*") ||`, `return joined == "" || slices.Contains(list, "*") ||`, rbac, "TestGrants"},
		{29, "approvals/rbac/enforcer.go", `a.Room.Word())`, `a.Room.Channel)`, rbac, "TestGrants"},
		{29, "gitops/api/handler.go", `case !known:`, `case !known && r.Method == "":`, "./gitops/api", "TestWhoIsNotKnownIsCountedAndToldNoMore"},
		{29, "approvals/policy.go", "if c == nil {\n\t\treturn noCatalogue(\"approvals\")", "if c == nil {\n\t\treturn gitops.Verdict{Outcome: gitops.OutcomeAllowed}",
			approvals, "TestWithoutACatalogueNothingIsAllowed"},
		{29, "approvals/policy.go", "\treturn gitops.Verdict{\n\t\tRule:    rule,\n\t\tOutcome: gitops.OutcomeDenied,\n\t\tReason:  reason,",
			"\treturn gitops.Verdict{\n\t\tRule:    rule,\n\t\tOutcome: gitops.OutcomeAllowed,\n\t\tReason:  reason,", approvals, "TestWhatNoRuleAllowsIsDenied"},
		{29, "approvals/rule.go", "if r.Auto {", "if true {", approvals, "TestWhatNoRuleAllowsIsDenied"},
		{29, "gitops/github/webhook.go", `if secret == "" {`, `if false {`, "./gitops/github", "TestTrap35"},
		{29, "notifier/slack/http.go", `if r.app.config.SigningSecret == "" {`, `if false {`, slack, "TestNothingListensWithoutASecret"},

		// 34. Guests and people of other workspaces decide.
		{34, "notifier/slack/people.go", `case u.TeamID != p.app.config.Team || u.IsStranger:`, `case false:`, slack, "TestGuestsAndStrangersAreRefusedInWords"},
		{34, "notifier/slack/people.go", `case u.IsRestricted || u.IsUltraRestricted:`, `case false:`, slack, "TestGuestsAndStrangersAreRefusedInWords"},
		{34, "notifier/slack/receiver.go", `if a.broken == nil && a.team != r.app.config.Team {`, `if false {`, slack, "TestWhatIsNotSlacksIsRefused"},
	}
}

// speaking: what comes from strangers, and what they get to see.
func speaking() []guard {
	const github, slack, pulltext, server = "./gitops/github", "./notifier/slack", "./gitops/pulltext", "./cmd/changebot/server"
	return []guard{
		// 30. A forged status is believed.
		{30, "gitops/github/gate.go", `case checks[i].AppID == nil || *checks[i].AppID != r.app.ID:`, `case false:`, github, "TestTheGateHoldsOnlyWhereTheBranchRequiresItFromTheApp"},
		{30, "gitops/github/gate.go", ` && check.IntegrationID != nil && *check.IntegrationID == r.app.ID`, ``, github, "TestARulesetHoldsTheGateOnlyIfItAsksForTheApp"},
		{30, "gitops/workflow/gate.go", `if err := repo.Gate.Set(ctx, own); err != nil {`, `if err := error(nil); own.Open || err != nil {`, scenarios, "TestScenarios/forged_status"},
		{30, "gitops/github/events.go", ` || v.GetSender().GetLogin() == e.Bot`, ``, github, "TestAStatusOfOurOwnIsNoNews"},

		// 31. A button decides on something else than was shown.
		{31, "gitops/workflow/press.go", `if p.Token != c.Token() && `, `if p.Token == "" && `, scenarios, "TestScenarios/old_button"},
		{31, "notifier/slack/decoder.go", "if !ok {\n\t\treturn odd(\"The button %q came without a change.\", id)", "if !ok && change == value+value {\n\t\treturn odd(\"The button %q came without a change.\", id)",
			slack, "TestAButtonThatIsNotOursIsOdd"},

		// 32. Untrusted text mentions people or breaks the layout.
		{32, "notifier/slack/mrkdwn.go", `"<", "&lt;", `, ``, slack, "TestSpansBecomeMrkdwnThatNobodyCanBend"},
		{32, "notifier/slack/mrkdwn.go", "strings.FieldsFunc(s, func(r rune) bool { return r == '\\n' || r == '\\r' }), \" \"), \"`\", \"'\")", "[]string{s}, \"\"), \"`\", \"'\")",
			slack, "TestSpansBecomeMrkdwnThatNobodyCanBend"},
		{32, "notifier/slack/mrkdwn.go", `if channelID.MatchString(s.Room) {`, `if s.Room != "" {`, slack, "TestSpansBecomeMrkdwnThatNobodyCanBend"},
		{32, "gitops/pulltext/body.go", `b.WriteString("@\u200b")`, `b.WriteRune(r)`, pulltext, "TestABodyMentionsNobodyAndKeepsItsLayout"},
		{32, "gitops/pulltext/body.go", `return strings.ReplaceAll(b.String(), "` + "```" + `", "'''")`, `return b.String()`, pulltext, "TestABodyMentionsNobodyAndKeepsItsLayout"},
		{32, "gitops/pulltext/pulltext.go", `t.key, oneLine(t.value))`, `t.key, t.value)`, pulltext, "TestNobodyWritesATrailerOfTheirOwn"},

		// 36. Secrets in logs and dumps.
		{36, "cmd/changebot/server/secret.go", `func (s Secret) String() string { return redacted }`, `func (s Secret) String() string { return s.value }`, server, "TestASecretIsNeverSeen"},
		{36, "cmd/changebot/server/secret.go", `func (s Secret) GoString() string { return redacted }`, ``, server, "TestASecretIsNeverSeen"},
		{36, "cmd/changebot/server/secret.go", `return slog.StringValue(redacted)`, `return slog.StringValue(s.value)`, server, "TestASecretIsNeverSeen"},
		{36, "cmd/changebot/server/secret.go", `return []byte(redacted), nil`, `return []byte(s.value), nil`, server, "TestASecretIsNeverSeen"},
		{36, "cmd/changebot/server/server.go", `return u.Scheme + "://" + u.Host + u.Path`, `return u.String()`, server, "TestAStoresNameHasNoPassword"},
		{36, "gitops/git/remote.go", `if u.User != nil || u.RawQuery`, `if u.RawQuery`, "./gitops/git", "TestSecretsStayOutOfErrorsLogsAndDisk"},
	}
}
