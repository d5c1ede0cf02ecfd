package githubtest

import (
	"strings"

	"github.com/changebot/changebot/test/githubtest/bare"
	"github.com/changebot/changebot/test/githubtest/pages"
)

// shown is a commit as the pages show it.
func (v *view) shown(k bare.Commit) pages.Commit {
	title, body, _ := strings.Cut(k.Message, "\n")
	author := k.Author.Name
	if a := v.s.byEmail(k.Author.Email); a != nil {
		author = a.login
	}
	return pages.Commit{SHA: k.SHA, Title: title, Body: strings.TrimSpace(body), Author: author, When: k.Committer.When}
}

// shownFiles are changed files as the pages show them.
func shownFiles(changes []bare.Change) []pages.File {
	var files []pages.File
	for _, f := range changes {
		files = append(files, pages.File{
			Path: f.Path, OldPath: f.OldPath, Status: f.Status, Additions: f.Additions, Deletions: f.Deletions, Lines: pages.Diff(f.Patch),
		})
	}
	return files
}

func (v *view) commit() (page, error) {
	sha, err := v.repo.git.Commit(v.s.ctx, v.rest)
	if err != nil {
		return page{}, err
	}
	k, err := v.repo.git.Read(v.s.ctx, sha)
	if err != nil {
		return page{}, err
	}
	parent := bare.EmptyTree
	if len(k.Parents) > 0 {
		parent = k.Parents[0]
	}
	changes, err := v.repo.git.Diff(v.s.ctx, parent, sha)
	if err != nil {
		return page{}, err
	}
	shown := v.shown(k)
	v.frame.Title = shown.Title
	return page{"commit", pages.CommitPage{Frame: v.frame, Commit: shown, Parents: k.Parents, Files: shownFiles(changes)}}, nil
}

func (v *view) history() (page, error) {
	ref, path, sha, err := v.at()
	if err != nil {
		return page{}, err
	}
	commits, err := v.repo.git.Log(v.s.ctx, bare.Query{From: sha, Path: path, Max: 100})
	if err != nil {
		return page{}, err
	}
	v.frame.Title = "History of " + v.repo.name
	h := pages.History{Frame: v.frame, Ref: ref, Path: path}
	for _, k := range commits {
		h.Commits = append(h.Commits, v.shown(k))
	}
	return page{"history", h}, nil
}

func (v *view) tree() (page, error) {
	v.frame.Title = v.repo.fullName()
	model := pages.Tree{Frame: v.frame, Ref: v.repo.branch}
	refs, err := v.repo.git.Refs(v.s.ctx, "refs/heads/")
	if err != nil {
		return page{}, err
	}
	if len(refs) == 0 {
		return page{"tree", model}, nil
	}
	for _, b := range refs {
		model.Branches = append(model.Branches, strings.TrimPrefix(b.Name, "refs/heads/"))
	}
	var sha string
	if model.Ref, model.Path, sha, err = v.at(); err != nil {
		return page{}, err
	}
	last, err := v.repo.git.Log(v.s.ctx, bare.Query{From: sha, Path: model.Path, Max: 1})
	if err != nil {
		return page{}, err
	}
	if len(last) == 1 {
		model.Last = v.shown(last[0])
	}
	walked := ""
	for _, name := range strings.Split(model.Path, "/") {
		if name != "" {
			walked = strings.TrimPrefix(walked+"/"+name, "/")
			model.Crumbs = append(model.Crumbs, pages.Crumb{Name: name, Path: walked})
		}
	}
	err = v.fill(&model, sha)
	return page{"tree", model}, err
}

// fill puts the folder or the file into the model.
func (v *view) fill(model *pages.Tree, sha string) error {
	entry, err := v.repo.git.Lookup(v.s.ctx, sha, model.Path)
	if err != nil {
		return err
	}
	if entry.Type != "tree" {
		data, err := v.repo.git.Blob(v.s.ctx, entry.SHA)
		model.IsFile, model.Text = true, strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		return err
	}
	entries, err := v.repo.git.Tree(v.s.ctx, entry.SHA, false)
	if err != nil {
		return err
	}
	for _, folders := range []bool{true, false} { // folders first
		for _, e := range entries {
			if folder := e.Type == "tree"; folder == folders {
				path := strings.TrimPrefix(model.Path+"/"+e.Path, "/")
				model.Entries = append(model.Entries, pages.Entry{Name: e.Path, Path: path, Folder: folder})
			}
			if !folders && e.Path == "README.md" {
				data, err := v.repo.git.Blob(v.s.ctx, e.SHA)
				if err != nil {
					return err
				}
				model.Readme = pages.Markdown(string(data))
			}
		}
	}
	return nil
}
