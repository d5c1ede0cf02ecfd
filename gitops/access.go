package gitops

// An Access is the question whether somebody may do something somewhere.
type Access struct {
	Person      Person
	Room        Room
	Action      string // a Kind, or "cancel"
	Application string
	Environment string
}
