package catalog

import (
	"path"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// restartOf is where a restart of a target is written: as declared, or the
// only workload in the file of plain manifests that has its version.
func restartOf(l layout, f found, places []gitops.Place) gitops.Restart {
	if l.Restart != nil {
		return gitops.Restart{File: path.Join(f.dir, f.fill(l.Restart.File)), Field: f.fill(l.Restart.Field), Workload: f.fill(l.Restart.Workload)}
	}
	if at := slices.IndexFunc(places, func(p gitops.Place) bool { return p.Shape == gitops.ShapeContainer }); at >= 0 {
		return gitops.Restart{File: places[at].File}
	}
	return gitops.Restart{}
}

// restartable notes what is wrong with a layout's restart.
func (w *discovery) restartable(pointer string, l layout) bool {
	if l.Restart == nil {
		return true
	}
	known := map[string]bool{"{app}": true, "{env}": true}
	_, wrong := parsePattern(l.Restart.File, known)
	if wrong != "" {
		w.problem(pointer+"/file", quote(l.Restart.File)+" cannot be used.", wrong)
	}
	if l.Restart.Field != "" && l.Restart.Workload != "" {
		w.problem(pointer+"/workload", "A field is no workload's.", "Keep field, for a value of a chart, or workload, for an annotation.")
	}
	return wrong == "" && (l.Restart.Field == "" || l.Restart.Workload == "")
}
