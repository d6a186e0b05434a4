package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// Effect is what a statement does.
type Effect string

// The effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Policy is a policy document that was read.
type Policy struct {
	// Name is how people find the policy, such as "managed policy CallModels".
	Name       string      `json:"name"`
	Statements []Statement `json:"statements,omitempty"`
	// Broken says why the document could not be read; it has no statements
	// then.
	Broken string `json:"broken,omitempty"`
}

// Statement is a statement of a policy. Of Actions and NotActions one is set,
// and so of Resources and NotResources.
type Statement struct {
	// Position counts the statements of the document from 1.
	Position     int         `json:"position"`
	ID           string      `json:"id,omitempty"`
	Effect       Effect      `json:"effect"`
	Actions      []string    `json:"actions,omitempty"`
	NotActions   []string    `json:"notActions,omitempty"`
	Resources    []string    `json:"resources,omitempty"`
	NotResources []string    `json:"notResources,omitempty"`
	Conditions   []Condition `json:"conditions,omitempty"`
	// Variables says that ${...} stands for something: documents of the
	// version of 2008, which is the default, know no variables.
	Variables bool `json:"variables,omitempty"`
}

// Condition compares a key of the request with values.
type Condition struct {
	// Operator is such as StringLike or ForAnyValue:StringEqualsIfExists.
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Values   []string `json:"values,omitempty"`
}

// maxDocumentBytes is far above IAM's largest quota for a policy, which counts
// 131,072 characters without the encoding.
const maxDocumentBytes = 1 << 20

// versionWithVariables is the policy language's version since 2012.
const versionWithVariables = "2012-10-17"

// Parse reads the document of an identity policy, either as JSON or as IAM
// hands it out, with URL encoding. The policy that comes with an error has the
// name and says why it is broken.
//
// The grammar is that of the IAM user guide, "Grammar of the IAM JSON policy
// language".
func Parse(name, text string) (Policy, error) {
	document, err := parse(text)
	if err == nil {
		var statements []Statement
		if statements, err = document.statements(); err == nil {
			return Policy{Name: name, Statements: statements}, nil
		}
	}
	return Policy{Name: name, Broken: err.Error()}, fmt.Errorf("cannot read %s: %w", name, err)
}

// wireDocument is a document as IAM stores it.
type wireDocument struct {
	Version   string         `json:"Version"`
	Statement wireStatements `json:"Statement"`
}

type wireStatement struct {
	Sid          string                      `json:"Sid"`
	Effect       string                      `json:"Effect"`
	Principal    json.RawMessage             `json:"Principal"`
	NotPrincipal json.RawMessage             `json:"NotPrincipal"`
	Action       texts                       `json:"Action"`
	NotAction    texts                       `json:"NotAction"`
	Resource     texts                       `json:"Resource"`
	NotResource  texts                       `json:"NotResource"`
	Condition    map[string]map[string]texts `json:"Condition"`
}

func parse(text string) (wireDocument, error) {
	if len(text) > maxDocumentBytes {
		return wireDocument{}, fmt.Errorf("the document has %d bytes; want %d at most", len(text), maxDocumentBytes)
	}
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return wireDocument{}, fmt.Errorf("the document is neither JSON nor URL-encoded JSON: %w", err)
		}
		text = decoded
	}
	var document wireDocument
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&document); err != nil {
		return wireDocument{}, fmt.Errorf("the document is not a policy: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return wireDocument{}, errors.New("something follows the end of the document")
	}
	if document.Statement == nil {
		return wireDocument{}, errors.New("the document has no Statement")
	}
	return document, nil
}

func (d wireDocument) statements() ([]Statement, error) {
	statements := make([]Statement, 0, len(d.Statement))
	for i, wire := range d.Statement {
		if err := wire.check(); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		s := Statement{
			Position: i + 1, ID: wire.Sid, Effect: Effect(wire.Effect), Variables: d.Version == versionWithVariables,
			Actions: wire.Action, NotActions: wire.NotAction, Resources: wire.Resource, NotResources: wire.NotResource,
		}
		for operator, keys := range wire.Condition {
			for key, values := range keys {
				s.Conditions = append(s.Conditions, Condition{Operator: operator, Key: key, Values: values})
			}
		}
		slices.SortFunc(s.Conditions, func(a, b Condition) int {
			return strings.Compare(a.Operator+"\n"+a.Key, b.Operator+"\n"+b.Key)
		})
		statements = append(statements, s)
	}
	return statements, nil
}

// check refuses what IAM would not store in an identity policy: judging half a
// statement could turn a Deny into nothing.
func (w wireStatement) check() error {
	switch {
	case w.Effect != string(Allow) && w.Effect != string(Deny):
		return fmt.Errorf("the Effect is %q; want Allow or Deny", w.Effect)
	case (len(w.Action) > 0) == (len(w.NotAction) > 0):
		return errors.New("want either Action or NotAction")
	case (len(w.Resource) > 0) == (len(w.NotResource) > 0):
		return errors.New("want either Resource or NotResource")
	case w.Principal != nil || w.NotPrincipal != nil:
		return errors.New("a policy of an identity has no Principal")
	}
	return nil
}

// wireStatements are one statement or a list of them.
type wireStatements []wireStatement

// UnmarshalJSON reads one statement or a list of them.
func (w *wireStatements) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		var list []wireStatement
		if err := json.Unmarshal(text, &list); err != nil {
			return err
		}
		*w = append(wireStatements{}, list...)
		return nil
	}
	var one wireStatement
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	*w = wireStatements{one}
	return nil
}

// texts are one text or a list of them. Conditions may hold numbers and
// booleans in place of texts.
type texts []string

// UnmarshalJSON reads one text, number or boolean, or a list of them.
func (t *texts) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	*t = make(texts, 0, len(list))
	for _, item := range list {
		switch item := item.(type) {
		case string:
			*t = append(*t, item)
		case bool, json.Number:
			*t = append(*t, fmt.Sprint(item))
		default:
			return fmt.Errorf("%.40s stands where a text or a list of texts belongs", text)
		}
	}
	return nil
}
