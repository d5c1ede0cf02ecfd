package guards

// merging: only what was approved is merged.
func merging() []guard {
	const newest = "TestOnlyAPersonsNewestDecisionOnThisProposalStands"
	return []guard{
		// 1. Merge without a head SHA.
		{1, "gitops/github/pulls.go", `SHA: m.HeadSHA, `, ``, "./gitops/github", "TestOnlyTheHeadThatWasApprovedIsMerged"},
		{1, "gitops/workflow/merge.go", `HeadSHA: c.Proposal.HeadSHA, Title`, `Title`, scenarios, "TestScenarios/promote_two_approvals"},
		{1, "gitops/workflow/merge.go", "if !pull.standsAs(c) {\n\t\treturn w.pullMoved(ctx, c, pull)\n\t}\n\tif heard", "if heard",
			scenarios, "TestScenarios/push_unheard_of"},

		// 2. Push after the approval.
		{2, "gitops/decision.go", ` && d.HeadSHA == head`, ``, "./gitops", newest},
		{2, "gitops/decision.go", ` && d.Digest == digest`, ``, "./gitops", newest},
		{2, "gitops/workflow/pull.go", `entries := voidAll(&c, reason)`, `var entries []gitops.Entry`, scenarios, "TestScenarios/push_after_approval"},
		{2, "gitops/workflow/judge.go", `case c.Proposal.ForeignHead != "":`, `case false:`, scenarios, "TestScenarios/push_after_approval"},
		{2, "gitops/workflow/review.go", `case !v.isOf(c.Proposal):`, `case false:`, scenarios, "TestScenarios/push_after_approval"},

		// 3. The bot itself moves its branch after gating.
		{3, "gitops/workflow/rebase.go", `case now.Digest != c.Plan.Digest:`, `case false:`, scenarios, "TestScenarios/base_moved_under_it"},
		{3, "gitops/workflow/rebase.go", `entries := voidAll(&c, reason)`, `var entries []gitops.Entry`, scenarios, "TestScenarios/base_moved_under_it"},
		{3, "gitops/workflow/rebase.go", `c.Decisions[i].HeadSHA = next.HeadSHA`, `c.Decisions[i].HeadSHA = before.Proposal.HeadSHA`, scenarios, "TestScenarios/merge_conflict"},
		{3, "gitops/workflow/rebase.go", ` && d.Digest == c.Plan.Digest`, ``, "./gitops/workflow", "TestAReviewCountsForWhatItsHeadHolds"},
		{3, "gitops/edit.go", `e.Field, e.Old, e.New}`, `e.Field, e.New}`, "./gitops", "TestADigestTellsEveryDifferenceApart"},
		{3, "gitops/edit.go", "writeField(h, f)", "h.Write([]byte(f))", "./gitops", "TestADigestTellsEveryDifferenceApart"},

		// 5. An older approval comes back.
		{5, "gitops/decision.go", `newest[d.Person.ID] == i && counts`, `i >= 0 && counts`, "./gitops", newest},

		// 6. An approval phrase inside a quotation.
		{6, "notifier/slack/hear.go", `!strings.HasPrefix(trimmed, "&gt;") && `, ``, "./notifier/slack", "TestOnlyWordsSaidToUsAreObeyed"},
		{6, "notifier/slack/hear.go", `fences.ReplaceAllStringFunc(text, keepUnless(bot))`, `text`, "./notifier/slack", "TestOnlyWordsSaidToUsAreObeyed"},
	}
}
