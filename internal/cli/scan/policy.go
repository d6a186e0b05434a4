package scan

import (
	"encoding/json"
	"fmt"
	"slices"

	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/surroundings"
)

// policy is an IAM policy document.
type policy struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

// statement allows actions on resources.
type statement struct {
	Sid      string   `json:"Sid"`
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource []string `json:"Resource"`
}

// actions are those of the scan and of what it reads around the endpoints.
func (o *options) actions() []string {
	actions := sagemaker.Actions(o.scanOptions(o.session.Now()))
	actions = append(actions, surroundings.Actions(surroundings.Options{CloudTrail: o.cloudTrail})...)
	slices.Sort(actions)
	return slices.Compact(actions)
}

// writePolicy prints the least policy for what a scan with these options calls.
// Most of the operations cannot be restricted to single resources: they list.
func (o *options) writePolicy() error {
	p := policy{Version: "2012-10-17", Statement: []statement{{
		Sid: "LandfallScan", Effect: "Allow", Resource: []string{"*"},
		Action: o.actions(),
	}}}
	if roles := unique(o.roleARNs); len(roles) > 0 {
		o.session.Notef("The first statement is for the policy of the roles, the second for whoever runs the scan.")
		p.Statement = append(p.Statement, statement{
			Sid: "LandfallAssumeRole", Effect: "Allow", Action: []string{"sts:AssumeRole"}, Resource: roles,
		})
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write the policy: %w", err)
	}
	if _, err := fmt.Fprintln(o.session.Out, string(text)); err != nil {
		return fmt.Errorf("cannot write the policy: %w", err)
	}
	return nil
}
