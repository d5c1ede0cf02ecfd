package catalog

// File is the path of the catalogue in a GitOps repository.
const File = ".changebot.yaml"

// mostBytes bounds the file: at some 200 bytes a person it is enough for five
// thousand of them.
const mostBytes = 1 << 20

// The types below are the file as it is written; changebot.schema.json says
// what each key means. A test holds the two against each other.
type (
	file struct {
		Version      int                 `yaml:"version"`
		Environments []environment       `yaml:"environments"`
		Layouts      []layout            `yaml:"layouts"`
		People       map[string]person   `yaml:"people"`
		Groups       map[string][]string `yaml:"groups"`
		Access       []grant             `yaml:"access"`
		Approvals    []approval          `yaml:"approvals"`
		Owners       owners              `yaml:"owners"`
		Reminders    *reminders          `yaml:"reminders"`
		Rooms        map[string]string   `yaml:"rooms"`
	}

	environment struct {
		Name          string `yaml:"name"`
		Cluster       string `yaml:"cluster"`
		Namespace     string `yaml:"namespace"`
		Protected     bool   `yaml:"protected"`
		Justification string `yaml:"justification"`
		Room          string `yaml:"room"`
	}

	layout struct {
		Path         string    `yaml:"path"`
		Application  string    `yaml:"application"`
		Environments []string  `yaml:"environments"`
		Versions     []version `yaml:"versions"`
		ArgoCD       argocd    `yaml:"argocd"`
		Source       source    `yaml:"source"`
		Copy         *copying  `yaml:"copy"`
		Restart      *restart  `yaml:"restart"`
	}

	restart struct {
		File     string `yaml:"file"`
		Field    string `yaml:"field"`
		Workload string `yaml:"workload"`
	}

	copying struct {
		Include []string    `yaml:"include"`
		Exclude []string    `yaml:"exclude"`
		Protect []protected `yaml:"protect"`
	}

	protected struct {
		File   string   `yaml:"file"`
		Fields []string `yaml:"fields"`
	}

	// version has exactly one of its fields.
	version struct {
		Kustomize      *place `yaml:"kustomize"`
		KustomizeChart *place `yaml:"kustomizeChart"`
		Dependency     *place `yaml:"dependency"`
		Helm           *place `yaml:"helm"`
		HelmImage      *place `yaml:"helmImage"`
		Container      *place `yaml:"container"`
		Custom         *place `yaml:"custom"`
		Application    *place `yaml:"application"`
		ApplicationSet *place `yaml:"applicationSet"`
		ArgoCDSource   *place `yaml:"argocdSource"`
	}

	// place is what stands under each of them; which keys, the schema says.
	place struct {
		File      string `yaml:"file"`
		Image     string `yaml:"image"`
		Field     string `yaml:"field"`
		Chart     string `yaml:"chart"`
		Kind      string `yaml:"kind"`
		Name      string `yaml:"name"`
		Source    string `yaml:"source"`
		Parameter string `yaml:"parameter"`
		Element   string `yaml:"element"`
	}

	argocd struct {
		Application string `yaml:"application"`
		Project     string `yaml:"project"`
		Namespace   string `yaml:"namespace"`
	}

	source struct {
		Repository string `yaml:"repository"`
		Tag        string `yaml:"tag"`
	}

	person struct {
		Name        string   `yaml:"name"`
		Email       string   `yaml:"email"`
		Slack       string   `yaml:"slack"`
		GitHub      string   `yaml:"github"`
		TokenSHA256 string   `yaml:"token_sha256"`
		TimeZone    string   `yaml:"timezone"`
		WorkHours   string   `yaml:"workHours"`
		WorkDays    []string `yaml:"workDays"`
	}

	reminders struct {
		After     string   `yaml:"after"`
		Every     string   `yaml:"every"`
		TimeZone  string   `yaml:"timezone"`
		WorkHours string   `yaml:"workHours"`
		WorkDays  []string `yaml:"workDays"`
	}

	grant struct {
		Name         string   `yaml:"name"`
		Who          []string `yaml:"who"`
		May          []string `yaml:"may"`
		Applications []string `yaml:"applications"`
		Environments []string `yaml:"environments"`
		Rooms        []string `yaml:"rooms"`
	}

	approval struct {
		Name         string        `yaml:"name"`
		Applications []string      `yaml:"applications"`
		Environments []string      `yaml:"environments"`
		Kinds        []string      `yaml:"kinds"`
		Require      []requirement `yaml:"require"`
		Auto         bool          `yaml:"auto"`
	}

	owners struct {
		Room    string       `yaml:"room"`
		Approve *requirement `yaml:"approve"`
	}

	requirement struct {
		Group string `yaml:"group"`
		Count int    `yaml:"count"`
	}
)
