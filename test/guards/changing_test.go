package guards

// editing: nothing of a file changes but the version.
func editing() []guard {
	const manifest, mangled = "./gitops/manifest", "TestTrap13"
	return []guard{
		// 13. YAML gets mangled.
		{13, "gitops/manifest/set.go", `if err := f.verify(edited, all); err != nil {`, `if err := f.verify(edited, all); err != nil && false {`,
			manifest, "TestAnEditThatWouldChangeMoreIsRefused"},
		{13, "gitops/manifest/verify.go", `if !f.sameAround(edited, all) {`, `if false {`, manifest, "TestVerify"},
		{13, "gitops/manifest/verify.go", `after.Tag != tag || `, `after.Tag != tag && false || `, manifest, "TestTreesAreTheSameOnlyInEveryDetail"},
		{13, "gitops/manifest/verify.go", `if len(c.wanted) != 0 {`, `if false {`, manifest, "TestVerify"},
		{13, "gitops/manifest/quote.go", `return threeParts.MatchString(digits) || !notText.MatchString(digits)`, `return digits != "\x00"`, manifest, mangled},
		{13, "gitops/manifest/set.go", "sortBySpan(all)\n\tvar edited []byte\n\tend := 0\n\tfor _, r := range all {",
			"sortBySpan(all)\n\tvar edited []byte\n\tend := 0\n\tfor _, r := range all {\n\t\tif end > 0 {\n\t\t\tcontinue\n\t\t}", manifest, "TestTrap13BothOfTwoEditsOnALineAreMade"},
		{13, "gitops/manifest/field.go", `} else if user := c.sharedBy(); reason == "" && user != nil {`, `} else if user := c.sharedBy(); reason == "" && user != nil && false {`,
			manifest, "TestSetRefusesSharedAndMergedValues"},

		// 14. A key with a dot beside the nested map.
		{14, "gitops/manifest/cursor.go", `return c, c.noSuch(steps[i:])`, "if c, ok, err := c.key(dotted(steps[i:])); ok {\n\t\t\t\treturn c, err\n\t\t\t}\n\t\t\treturn c, c.noSuch(steps[i:])",
			manifest, "TestTrap14NoKeyIsInventedBesideTheNestedMap/a_field"},
		{14, "gitops/manifest/place.go", `case rest.Digest != "":`, `case false:`, manifest, "TestSetRefusesVersionsWithOtherParts"},
	}
}

// racing: others write at the same time.
func racing() []guard {
	const git = "./gitops/git"
	return []guard{
		// 16. The same push is tried again on the old tip.
		{16, "gitops/workflow/rebase.go", `stuck := mergeable == MergeableDirty || mergeable == MergeableBehind`, `stuck := false`, scenarios, "TestScenarios/merge_conflict"},
		{16, "gitops/git/push.go", "\t\tdefault:\n\t\t\tu.err, u.known = u.conflict(", "\t\tdefault:\n\t\t\tu.err, u.known = error(nil), true\n\t\t\t_, _ = u.conflict(",
			git, "TestAPushMovesARefOnlyFromWhereItIsExpected"},
		{16, "gitops/git/advance.go", "case gitops.Conflict:\n\t\treturn true, err", "case gitops.Conflict:\n\t\treturn false, err", git, "TestSixteenRacingIntentsAllLandOnOneBase"},

		// 22. A batch that is too large is tried again the same way.
		{22, "gitops/batch/line.go", `n > 1 && errors.Is(err, ErrTogether)`, `n > 1 && false`, git, "TestWhatIsTooLargeTogetherIsHalved"},

		// The branch of a change would bring back what a force-push took off main.
		{16, "gitops/workflow/rebase.go", `case stuck || rewound || len(`, `case stuck || rewound && false || len(`, scenarios, "TestScenarios/main_rewound"},

		// 17. Commits depend on the machine's git identity.
		{17, "gitops/git/repository.go", `Author: who, Committer: who`, `Author: who`, scenarios, "TestScenarios/promote_by_rule"},
		{17, "gitops/git/identity.go", `if name == "" || `, `if `, git, "TestIdentitiesAndMessagesCannotBreakTheCommit"},
	}
}

// halfDone: a process dies, or an answer is lost, between two steps.
func halfDone() []guard {
	const effect, teller = "./gitops/effect", "./notifier"
	return []guard{
		// 18. Done, not noted, and done again.
		{18, "gitops/effect/effect.go", `if record.Outcome != nil {`, `if false {`, effect, "TestAnEffectThatLeavesNoTraceIsDoneOnce"},
		{18, "gitops/effect/effect.go", `if !record.New && a.Ask != nil {`, `if false {`, effect, "TestAnEffectWhoseOutcomeWasLostIsAskedForAndNotDoubled"},
		{18, "gitops/effect/effect.go", "const stale = time.Second", "const stale = time.Hour", effect, "TestWhoWasPausedAsksAgainWhetherItHoldsTheLease"},
		{18, "gitops/effect/effect.go", "holds(ctx, j, lease)\n\tif err != nil {", "holds(ctx, j, lease)\n\tif false {", effect, "TestWhoseLeaseHasRunOutDoesNothing"},
		{18, "gitops/store/commit.go", ` AND revision = $8`, ` AND $8 = $8`, "./gitops/store", "TestSQLite/changes"},
		{18, "gitops/store/journal.go", "if standing.Outcome != nil {\n\t\t\treturn nil", "if false {\n\t\t\treturn nil", "./gitops/store", "TestSQLite/journal"},
		{18, "gitops/git/pushes.go", `if found && at == u.new.String() || !found && u.new.IsZero() {`, `if found && at == "" {`, "./gitops/git", "TestARefusalIsNoneWhereSomebodyElsePushedTheSame"},
		{18, "gitops/github/pulls.go", `if !found {`, `if !found || true {`, "./gitops/github", "TestAPullRequestIsOpenedOnceAndFoundByItsBranch"},

		// 19. The first failure of many leaves the rest undone.
		{19, "gitops/git/push.go", `u.err, u.known = u.conflict(fmt.Errorf("it is at %s, not at %s", at, u.old)), true`, `return u.conflict(fmt.Errorf("it is at %s, not at %s", at, u.old))`,
			"./gitops/git", "TestEachRefOfAPushHasItsOwnOutcome"},
		{19, "gitops/workflow/compute.go", `if out, is := leftOut(application, err); is && all {`, `if out, is := leftOut(application, err); is && all && false {`,
			"./gitops/workflow", "TestOneOfAllThatCannotBePromotedKeepsNoOtherBack"},
		{19, "gitops/workflow/leave.go", `if out, is := leftOut(application, err); is {`, `if out, is := leftOut(application, err); is && false {`,
			"./gitops/workflow", "TestOneOfAllThatBecomesImpossibleKeepsNoOtherBack"},
		{19, "gitops/workflow/copying.go", `if err := c.alike(ctx, from, to); err != nil {`, `if err := c.alike(ctx, from, to); err != nil && false {`,
			"./gitops/workflow", "TestADirectoryIsCopiedWithinItsGlobsAndKeepsWhatIsProtected"},
		{19, "approvals/ask.go", `if q.Command.All {`, `if false {`, "./approvals", "TestOfAllApplicationsOneThatMayBeAskedForIsEnough"},
		{19, "notifier/teller.go", `case refusedBy(err) && !leaseOver(err):`, `case false:`, teller, "TestOneRefusedPostDoesNotKeepBackTheOthers"},
		{19, "notifier/teller.go", "r.reconcile(ctx, spec); err != nil {\n\t\t\tr.failed = append(r.failed, err)", "r.reconcile(ctx, spec); err != nil {\n\t\t\treturn err",
			teller, "TestOnePostThatFailsDoesNotKeepBackTheOthers"},

		// 20. “Nothing to do” is swallowed.
		{20, "gitops/workflow/plan.go", `return w.end(ctx, c, gitops.StateUnchanged, nothingToDo(c), Self)`, `return nil`, scenarios, "TestScenarios/nothing_to_do"},
		{20, "gitops/workflow/rebase.go", `return true, w.end(ctx, c, gitops.StateUnchanged, meanwhileThere(c, gone), Self)`, `return gone == "", nil`,
			scenarios, "TestScenarios/base_moved_to_it"},

		// 21. Marked as seen before it is processed.
		{21, "gitops/store/inbox.go", `return s.enqueue(ctx, tx, jobs)`, `return nil`, "./gitops/store", "TestSQLite/inbox"},
		{21, "gitops/github/webhook.go", "http.Error(w, \"not stored; redeliver it\", http.StatusInternalServerError)\n\t\treturn", "w.WriteHeader(http.StatusAccepted)\n\t\treturn",
			"./gitops/github", "TestAWebhookIsKeptBeforeItIsAcknowledged"},
		{21, "cmd/changebot/server/jobs.go", `return fmt.Errorf("delivery %s (%s): %w", d.ID, d.Kind, err)`, `s.log.Warn("delivery", "error", err)`,
			"./cmd/changebot/server", "TestADeliveryIsDoneOnlyOnceItIsProcessed"},
		{21, "cmd/changebot/server/jobs.go", `return s.store.Failed(ctx, d.ID, err.Error())`, `return s.store.Done(ctx, d.ID)`,
			"./cmd/changebot/server", "TestADeliveryIsDoneOnlyOnceItIsProcessed"},
	}
}
