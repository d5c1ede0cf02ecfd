package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/catalog"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/history"
)

// diff measures which versions differ between staging and prod.
func (f *fields) diff(ctx context.Context) error {
	if err := f.open(ctx, "mirror", false); err != nil {
		return err
	}
	defer f.mirror.Mirror.Close()
	x := f.index("mirror", nil) // what runs now lies in the mirror
	defer x.Close()
	tip, err := f.mirror.Fetch(ctx)
	if err != nil {
		return err
	}
	places := f.places("staging", "prod")
	begin := time.Now()
	if _, err := f.differing(ctx, x, tip, places); err != nil {
		return err
	}
	first := time.Since(begin)
	var ours, moved, theirs []time.Duration
	for range f.rounds + 1 {
		if err := f.repo.Advance(ctx, 10); err != nil {
			return err
		}
		if tip, err = f.mirror.Fetch(ctx); err != nil {
			return err
		}
		begin = time.Now()
		if _, err := f.differing(ctx, x, tip, places); err != nil {
			return err
		}
		moved = append(moved, time.Since(begin))
		begin = time.Now()
		a, err := f.differing(ctx, x, tip, places)
		if err != nil {
			return err
		}
		ours = append(ours, time.Since(begin))
		begin = time.Now()
		b, err := f.differingByCLI(ctx, tip)
		if err != nil {
			return err
		}
		theirs = append(theirs, time.Since(begin))
		if !slices.Equal(a, b) {
			return fmt.Errorf("%d applications differ by the index and %d by git, or other ones", len(a), len(b))
		}
	}
	a, b := median(ours[1:]), median(theirs[1:])
	fmt.Printf("  staging against prod         %8.2f ms from the index, %.2f ms after 10 commits, %.0f ms the first time; %.0f ms by ls-tree and cat-file\n",
		ms(a), ms(median(moved[1:])), ms(first), ms(b))
	if err := f.catalogue(ctx); err != nil {
		return err
	}
	f.promise("staging against prod, times faster than ls-tree and cat-file", ms(b)/ms(a), 20)
	f.promise("staging against prod after 10 commits, times faster than ls-tree and cat-file", ms(b)/ms(median(moved[1:])), 20)
	return nil
}

// differing returns the applications whose versions differ, by the index.
func (f *fields) differing(ctx context.Context, x *history.Index, tip string, places []gitops.Place) (apps []int, err error) {
	all, err := x.Now(ctx, tip, places)
	if err != nil {
		return nil, err
	}
	for app := range f.size.Apps {
		if all[app] != all[f.size.Apps+app] {
			apps = append(apps, app)
		}
	}
	return apps, nil
}

// differingByCLI is the same by git ls-tree and git cat-file on the mirror.
func (f *fields) differingByCLI(ctx context.Context, tip string) (apps []int, err error) {
	listing, err := f.cli.git(ctx, nil, "ls-tree", "-r", tip)
	if err != nil {
		return nil, err
	}
	blobs := map[string]string{}
	for line := range strings.Lines(string(listing)) {
		meta, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		blobs[path] = meta[strings.LastIndexByte(meta, ' ')+1:]
	}
	var asked bytes.Buffer
	for app := range f.size.Apps {
		for _, e := range []string{"staging", "prod"} {
			fmt.Fprintln(&asked, blobs[f.size.Path(app, e)])
		}
	}
	contents, err := f.cli.git(ctx, asked.Bytes(), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	tags := tagLine.FindAll(contents, -1)
	if len(tags) != 2*f.size.Apps {
		return nil, fmt.Errorf("%d tags of %d applications", len(tags), f.size.Apps)
	}
	for app := range f.size.Apps {
		if !bytes.Equal(tags[2*app], tags[2*app+1]) {
			apps = append(apps, app)
		}
	}
	return apps, nil
}

// policy is a catalogue of what a repository of this kind holds.
const policy = `version: 1
environments: [{name: dev}, {name: staging}, {name: prod}]
layouts:
  - path: apps/{app}/{env}
    versions: [{kustomize: {file: kustomization.yaml, image: "{app}"}}]
    argocd: {application: "{app}-{env}", project: default}
people: {ada: {name: Ada Berger, email: ada@example.com, slack: U0ADA}}
access: [{name: all, who: ["*"], may: ["*"], applications: ["*"], environments: ["*"]}]
approvals: [{name: all, environments: [dev, staging, prod], auto: true}]
owners: {room: C0OWNERS}
`

// governed is the repository with a policy that is not committed in it.
type governed struct{ git.Repository }

func (g governed) ReadFile(ctx context.Context, commit, path string) ([]byte, error) {
	if path == catalog.File {
		return []byte(policy), nil
	}
	return g.Repository.ReadFile(ctx, commit, path)
}

// catalogue measures how long it takes to find all applications.
func (f *fields) catalogue(ctx context.Context) error {
	r := catalog.New(f.size.Name, governed{f.mirror})
	var took []time.Duration
	for range f.rounds + 1 {
		tip, err := f.mirror.Fetch(ctx)
		if err != nil {
			return err
		}
		begin := time.Now()
		c, err := r.At(ctx, tip)
		if err != nil {
			return err
		}
		took = append(took, time.Since(begin))
		if len(c.Targets) != 3*f.size.Apps {
			return fmt.Errorf("the catalogue has %d targets", len(c.Targets))
		}
		if err := f.repo.Advance(ctx, 10); err != nil {
			return err
		}
	}
	first := ms(took[0])
	fmt.Printf("  catalogue of all targets     %8.2f ms after 10 commits, %.0f ms the first time\n", ms(median(took[1:])), first)
	return nil
}
