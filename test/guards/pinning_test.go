package guards

// pinning: a plan is of one commit, goes back to what really ran, and takes
// nothing of others with it.
func pinning() []guard {
	const workflow, back, git, store = "./gitops/workflow", "TestWhichVersionARollbackGoesTo", "./gitops/git", "./gitops/store"
	const oneCommit, kept = "TestAPlanAndItsFilesComeFromOneCommit", "TestOnTheMovedBranchAPlanKeepsWhatOthersDidMeanwhile"
	return []guard{
		// 4. The source is read when it is processed.
		{4, "gitops/workflow/edit.go", `data, err := w.repo.Git.ReadFile(ctx, base, place.File)`,
			"tip, _ := w.repo.Git.Fetch(ctx)\n\t\tdata, err := w.repo.Git.ReadFile(ctx, tip, place.File)", workflow, oneCommit},
		{4, "gitops/workflow/compute.go", `current, err := w.versionAt(ctx, tip.Commit, target)`,
			"now, _ := w.repo.Git.Fetch(ctx)\n\t\tcurrent, err := w.versionAt(ctx, now, target)", workflow, oneCommit},
		{4, "gitops/workflow/promote.go", `a.wanted, err = w.versionAt(ctx, a.tip.Commit, from)`,
			"now, _ := w.repo.Git.Fetch(ctx)\n\ta.wanted, err = w.versionAt(ctx, now, from)", workflow, oneCommit},

		// 9. A rollback toggles, or is off by one.
		{9, "gitops/workflow/rollback.go", `case p.TakenBack:`, `case false:`, workflow, back},
		{9, "gitops/workflow/rollback.go", `seen := map[gitops.Version]bool{current: true}`, `seen := map[gitops.Version]bool{}`, workflow, back},
		{9, "gitops/workflow/rollback.go", `case healthy(p):
			return explained(p, "the last version`, `case p.Commit != "":
			return explained(p, "the last version`, workflow, back},
		{9, "gitops/workflow/rollback.go", `others[c.Back-1]`, `others[c.Back]`, workflow, back},
		{9, "gitops/workflow/pasts.go", `return pasts[:len(pasts)-1], nil`, `return pasts, nil`, workflow, "TestALongHistoryIsReadAsFarAsItIsNeeded"},

		// 10. What is not in the history is reverted to all the same.
		{10, "gitops/workflow/rollback.go", `if p.Version.Named(name) {`, `if p.Version.Named(name) || name != "" {`, workflow, back},
		{10, "gitops/workflow/rollback.go", `case len(others) == 0:`, `case len(pasts) == 0:`, workflow, back},
		{10, "gitops/workflow/rollback.go", `case c.Back > len(others):`, "case c.Back > len(others) && len(others) > 0:\n\t\treturn choice{past: others[len(others)-1]}, nil\n\tcase c.Back > len(others):", workflow, back},

		// 12. What is given up takes what others want along.
		{12, "gitops/workflow/supersede.go", `case len(left) == 0:`, `case len(left) < len(c.Refs()):`, workflow, "TestARollbackTakesItsOwnTargetsAndLeavesTheOthers"},
		{12, "gitops/workflow/rebase.go", `current, err := w.versionAt(ctx, tip.Commit, target)`, "current, err := w.versionAt(ctx, p.Base, target)", workflow, kept},
		{12, "gitops/workflow/edit.go", `if _, read := t.after[place.File]; !read {`, `if _, read := t.after[place.File]; !read || read {`, workflow, kept},

		// 15. What one process believes is not what the others do.
		{15, "gitops/git/push.go", "case u.old:\n\t\t\treq.Commands = append(req.Commands, &packp.Command{Name: plumbing.ReferenceName(u.ref), Old: u.old,",
			"case u.old, at:\n\t\t\treq.Commands = append(req.Commands, &packp.Command{Name: plumbing.ReferenceName(u.ref), Old: at,", git, "TestAPushMovesARefOnlyFromWhereItIsExpected"},
		{15, "gitops/store/lease.go", "WHERE leases.expires <= $5 OR (", "WHERE leases.expires <> $5 OR (", store, "TestSQLite/leases"},
		{15, "gitops/store/lease.go", "UPDATE leases SET fence = fence WHERE name = $1 AND fence = $2 AND", "UPDATE leases SET fence = fence WHERE name = $1 AND $2 = $2 AND", store, "TestSQLite/leases"},

		// 25. Leaks, and hours of cloning.
		{25, "gitops/git/download.go", `if maxObjects > 0 && n > maxObjects {`, `if false {`, git, "TestAFetchLargerThanACloneIsAClone"},
		{25, "gitops/git/pack.go", `if len(open) >= maxOpenPacks {`, `if false {`, git, "TestOfManyPacksFewAreOpen"},
		{25, "gitops/git/fetch.go", `wanted{want: tip, depth: 1}`, `wanted{want: tip}`, git, "TestContainsIsHonestAboutWhatLiesBeforeTheMirror"},
	}
}
