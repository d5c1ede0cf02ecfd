package github

import (
	"encoding/json"

	gh "github.com/google/go-github/v60/github"
)

// parseRequired reads the parameters of a ruleset's required_status_checks.
func parseRequired(raw json.RawMessage) (gh.RequiredStatusChecksRuleParameters, error) {
	var p gh.RequiredStatusChecksRuleParameters
	err := json.Unmarshal(raw, &p)
	return p, err
}
