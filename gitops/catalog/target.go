package catalog

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// take makes a target of what a layout led to, unless it cannot be one; the
// reason for that is told, as nothing that looks like an application shall be
// passed over in silence.
func (w *discovery) take(ctx context.Context, pointer string, l layout, f found) (bool, error) {
	if f.own != "" && f.app == "kustomization" {
		return false, nil // it lists the files beside it
	}
	for _, name := range []string{f.app, f.env} {
		if !validName.MatchString(name) {
			w.warning(pointer+"/path", f.what()+" is passed over: "+quote(name)+" cannot be a name.", "Names have lower-case letters, digits and hyphens.")
			return false, nil
		}
	}
	known := w.file.environmentNames()
	if !slices.Contains(known, f.env) {
		w.warning(pointer+"/path", f.what()+" is passed over: "+quote(f.env)+" is not among the environments.", instead(f.env, known))
		return false, nil
	}
	t := gitops.Target{
		TargetRef: gitops.TargetRef{Repository: w.repository, Application: f.app, Environment: f.env},
		Directory: cmp.Or(f.own, f.dir),
		Argo: gitops.ArgoApp{
			Project:   f.fill(l.ArgoCD.Project),
			Namespace: f.fill(l.ArgoCD.Namespace),
			Name:      f.fill(l.ArgoCD.Application),
		},
	}
	if l.Source.Repository != "" {
		t.Source = gitops.Source{Repository: f.fill(l.Source.Repository), Tag: f.fill(cmp.Or(l.Source.Tag, "{version}"))}
	}
	t.Copying = l.Copy.build(f.names)
	for _, v := range l.Versions {
		shape, p := v.place()
		place := f.place(shape, p)
		switch has, err := w.hasFile(ctx, place.File); {
		case err != nil:
			return false, err
		case !has:
			w.warning(pointer+"/path", f.what()+" is passed over: it has no file "+quote(f.fill(p.File))+".", "Symbolic links are not followed.")
			return false, nil
		}
		if err := w.locked(ctx, pointer, place); err != nil {
			return false, err
		}
		t.Places = append(t.Places, place)
	}
	t.Restart = restartOf(l, f, t.Places)
	if w.unique(pointer, t) {
		w.targets = append(w.targets, t)
		w.copied[t.String()] = pointer + "/copy"
	}
	return true, nil
}

// locked warns of a lock beside a chart whose dependencies are written: Helm
// builds nothing from a lock that does not agree with them.
func (w *discovery) locked(ctx context.Context, pointer string, p gitops.Place) error {
	if p.Shape != gitops.ShapeDependency {
		return nil
	}
	lock := path.Join(path.Dir(p.File), "Chart.lock")
	has, err := w.hasFile(ctx, lock)
	if has {
		w.warning(pointer+"/versions", quote(lock)+" is not written along, and Helm refuses to build a chart whose lock does not agree with its dependencies.", "Remove the lock: a dependency whose version is whole needs none.")
	}
	return err
}

// unique notes where a target has what belongs to another one: what is done to
// the one would be done to the other.
func (w *discovery) unique(pointer string, t gitops.Target) bool {
	if first, twice := w.seen.refs[t.String()]; twice {
		w.problem(pointer+"/path", t.String()+" is found twice, in "+quote(first.Directory)+" and in "+quote(t.Directory)+".", "Two layouts overlap: narrow the path of one of them.")
		return false
	}
	w.seen.refs[t.String()] = t
	argo := t.Argo.String()
	if first, twice := w.seen.argo[argo]; twice {
		w.problem(pointer+"/argocd/application", "The Argo CD Application "+quote(t.Argo.Name)+" would belong to "+first.String()+" and to "+t.String()+".", "Let {app} and {env} both stand in the name.")
		return false
	}
	w.seen.argo[argo] = t
	for _, p := range t.Places {
		key := fmt.Sprintf("%q", p)
		if first, twice := w.seen.places[key]; twice {
			w.problem(pointer+"/versions", "The same field of "+quote(p.File)+" holds the version of "+first.String()+" and of "+t.String()+".", "Each target needs a field of its own, listed once.")
			return false
		}
		w.seen.places[key] = t
	}
	return true
}

func (f *file) environmentNames() []string {
	all := make([]string, len(f.Environments))
	for i, e := range f.Environments {
		all[i] = e.Name
	}
	return all
}
