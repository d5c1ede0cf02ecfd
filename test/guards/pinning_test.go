package guards

// pinning: a plan is of one commit, goes back to what really ran, and takes
// nothing of others with it.
func pinning() []guard {
	const workflow, git, store = "./gitops/workflow", "./gitops/git", "./gitops/store"
	const oneCommit, kept = "TestAPlanAndItsFilesComeFromOneCommit", "TestOnTheMovedBranchAPlanKeepsWhatOthersDidMeanwhile"
	return []guard{
		// 4. The source is read when it is processed.
		{4, "gitops/workflow/edit.go", `data, err := w.repo.Git.ReadFile(ctx, base, place.File)`,
			"tip, _ := w.repo.Git.Fetch(ctx)\n\t\tdata, err := w.repo.Git.ReadFile(ctx, tip, place.File)", workflow, oneCommit},
		{4, "gitops/workflow/compute.go", `current, err := w.versionAt(ctx, tip.Commit, target)`,
			"now, _ := w.repo.Git.Fetch(ctx)\n\t\tcurrent, err := w.versionAt(ctx, now, target)", workflow, oneCommit},
		{4, "gitops/workflow/promote.go", `a.wanted, err = w.versionAt(ctx, a.tip.Commit, from)`,
			"now, _ := w.repo.Git.Fetch(ctx)\n\ta.wanted, err = w.versionAt(ctx, now, from)", workflow, oneCommit},
		{4, "gitops/workflow/copying.go", `from, err := c.covered(ctx, s.Copied.Commit, s.Copied.Directory)`, `from, err := c.covered(ctx, base, s.Copied.Directory)`,
			workflow, "TestWhatIsCopiedStaysPinnedWhenTheBaseMoves"},
		{4, "gitops/workflow/copying.go", `data, err := c.read(ctx, c.step.Copied.Commit, source)`, `data, err := c.read(ctx, c.base, source)`,
			workflow, "TestWhatIsCopiedStaysPinnedWhenTheBaseMoves"},

		// 12. What is given up takes what others want along.
		{12, "gitops/workflow/supersede.go", `case len(left) == 0:`, `case len(left) < len(c.Refs()):`, workflow, "TestARollbackTakesItsOwnTargetsAndLeavesTheOthers"},
		{12, "gitops/workflow/press.go", `Applications: changed,`, `Applications: append(changed[:0], c.Request.Command.Applications...),`, workflow, "TestWhatIsRolledBackOfAllIsWhatWasChanged"},
		{12, "gitops/workflow/rebase.go", `current, err := w.versionAt(ctx, tip.Commit, target)`, "current, err := s.Old, error(nil)", workflow, kept},
		{12, "gitops/workflow/edit.go", `if _, read := t.after[place.File]; !read {`, `if _, read := t.after[place.File]; !read || read {`, workflow, kept},

		// 15. What one process believes is not what the others do.
		{15, "gitops/git/push.go", "case u.old:\n\t\t\treq.Commands = append(req.Commands, &packp.Command{Name: plumbing.ReferenceName(u.ref), Old: u.old,",
			"case u.old, at:\n\t\t\treq.Commands = append(req.Commands, &packp.Command{Name: plumbing.ReferenceName(u.ref), Old: at,", git, "TestAPushMovesARefOnlyFromWhereItIsExpected"},
		{15, "gitops/store/lease.go", "WHERE leases.expires <= $5 OR (", "WHERE leases.expires <> $5 OR (", store, "TestSQLite/leases"},
		{15, "gitops/store/lease.go", "UPDATE leases SET fence = fence WHERE name = $1 AND fence = $2 AND", "UPDATE leases SET fence = fence WHERE name = $1 AND $2 = $2 AND", store, "TestSQLite/leases"},
		{15, "gitops/workflow/gate.go", `lease, ok, err := r.Leases.Acquire(ctx, name, leaseTTL)`, `lease, ok, err := gitops.Lease{Name: name}, true, error(nil)`, workflow, "TestTheGateOfSomebodysPullRequestSaysWhatWasSeenLast"},
		{15, "gitops/filelock/filelock.go", `syscall.LOCK_EX|syscall.LOCK_NB`, `syscall.LOCK_SH|syscall.LOCK_NB`, "./gitops/history", "TestAFileIsHandedFromOneIndexToTheNext"},
		{15, "gitops/filelock/filelock.go", `syscall.LOCK_EX|syscall.LOCK_NB`, `syscall.LOCK_SH|syscall.LOCK_NB`, git, "TestADirectoryBelongsToOneMirror"},

		// 25. Leaks, and hours of cloning.
		{25, "gitops/git/download.go", `maxObjects > 0 && p.Objects > maxObjects {`, `false {`, git, "TestAFetchLargerThanACloneIsAClone"},
		{25, "gitops/git/pack.go", `if len(open) >= maxOpenPacks {`, `if false {`, git, "TestOfManyPacksFewAreOpen"},
		{25, "gitops/git/fetch.go", `wanted{want: tip, depth: 1}`, `wanted{want: tip}`, git, "TestContainsIsHonestAboutWhatLiesBeforeTheMirror"},
		{25, "gitops/git/renew.go", `case len(s.packs) > packs:`, `case len(s.packs) > packs && packs == 0:`, git, "TestAMirrorThatHasOutgrownItsBoundIsRenewedInTheBackground"},
		{25, "gitops/git/fetch.go", `err != nil || st.has(tip) {`, `err != nil {`, git, "TestAMirrorIsClonedOnceAndThenOnlyAsksWhetherTheBranchMoved"},
		{25, "gitops/render/build.go", "case err := <-ended:", "case err := <-make(chan error):",
			"./gitops/render", "TestABuildEndsWhenNobodyIsThereToHearOfIt"},
	}
}

// goingBack are the guards of rollbacks and of what they leave.
func goingBack() []guard {
	const workflow, back, catalog = "./gitops/workflow", "TestWhichVersionARollbackGoesTo", "./gitops/catalog"
	return []guard{
		// 9. A rollback toggles, or is off by one.
		{9, "gitops/workflow/rollback.go", `case p.TakenBack:`, `case false:`, workflow, back},
		{9, "gitops/workflow/rollback.go", `seen := map[gitops.Version]bool{current: true}`, `seen := map[gitops.Version]bool{}`, workflow, back},
		{9, "gitops/workflow/rollback.go", `if healthy(p) {
			return explained(p, "the last version`, `if p.Commit != "" {
			return explained(p, "the last version`, workflow, back},
		{9, "gitops/workflow/rollback.go", `others[c.Back-1]`, `others[max(0, c.Back-2)]`, workflow, back},
		{9, "gitops/workflow/pasts.go", `return pasts[:len(pasts)-1], nil`, `return pasts, nil`, workflow, "TestALongHistoryIsReadAsFarAsItIsNeeded"},
		{9, "gitops/workflow/rollback.go", `pasts, err := w.pasts(ctx, a.tip.Commit, `, "now, _ := w.repo.Git.Fetch(ctx)\n\tpasts, err := w.pasts(ctx, now, ",
			workflow, "TestARollbackGoesBackInTheHistoryOfItsOwnCommit"},
		{9, "gitops/history/walk.go", ` && !ended`, ``, "./gitops/history", "TestWhatWasListedBeforeTheMirrorsStartIsNotAskedForAgain"},

		// 10. What is not in the history is reverted to all the same.
		{10, "gitops/workflow/rollback.go", `if p.Version.Named(name) {`, `if p.Version.Named(name) || name != "" {`, workflow, back},
		{10, "gitops/workflow/rollback.go", `case len(others) == 0:`, "case len(others) == 0:\n\t\treturn choice{past: gitops.Past{Version: current}}, nil\n\tcase len(pasts) == 0:", workflow, back},
		{10, "gitops/workflow/rollback.go", `case c.Back > len(others):`, "case c.Back > len(others) && len(others) > 0:\n\t\treturn choice{past: others[len(others)-1]}, nil\n\tcase c.Back > len(others):", workflow, back},

		// 11. What was rolled back is promoted again by automation.
		{11, "gitops/workflow/compute.go", `err = a.heed()`, `_ = a.heed`, workflow, "TestWhatIsOnHoldIsNotPromoted"},
		{11, "gitops/workflow/rebase.go", `if err := stillFree(tip.Catalog, kind, s, current); err != nil {`, `if err := stillFree(tip.Catalog, kind, s, current); err != nil && false {`, workflow, "TestAHoldThatCameMeanwhileStopsAPromotion"},
		{11, "gitops/workflow/hold.go", `a.hold = gitops.NewHold(c, ref, a.current)`, `_ = c.ID`, scenarios, "TestScenarios/^hold$"},
		{11, "gitops/workflow/gate.go", `return inPlace || own || held`, `return inPlace || own || held && false`, workflow, "TestTheGateOfSomebodysPullRequestOpensOnlyForWhatWasSeen"},
		{11, "approvals/ask.go", `if len(s.Lifts) > 0 && `, `if false && `, "./approvals", "TestWhoMayNoLongerLiftDoesNotRollBackToWhatIsOnHold"},
		{11, "gitops/workflow/judge.go", `w.Policy.MayStill(tip.Catalog, c))`, `w.Policy.MayAsk(tip.Catalog, c.Request))`, scenarios, "TestScenarios/^hold_right_withdrawn$"},
		{11, "gitops/catalog/holds.go", `h.Broken = gitops.Stopped(err.Error())`, `continue`, catalog, "TestHoldsAreReadFromTheTree"},
		{11, "gitops/catalog/carry.go", `!strings.HasPrefix(c.Path, gitops.HoldsDirectory+"/")`, `!strings.HasPrefix(c.Path, gitops.HoldsDirectory+"//")`, catalog, "TestWhatIsCarriedOnIsWhatWouldBeRead"},
	}
}
