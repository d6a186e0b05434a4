package docs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli"
	"landfall.dev/landfall/internal/cli/session"
)

func TestCommandsExist(t *testing.T) {
	root, checked := cli.New(session.New("landfall")), 0
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, p := range userPages(t) {
		for _, line := range p.commandLines() {
			checked++
			if err := checkCommand(root, line); err != nil {
				t.Errorf("%s: %q: %v", p.path, line, err)
			}
		}
	}
	if checked < 10 {
		t.Errorf("checked %d commands; want more", checked)
	}
}

// commandLines returns the calls of landfall in a page's blocks and code spans.
func (p page) commandLines() []string {
	var lines []string
	add := func(line string) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		line = strings.TrimPrefix(line, "kubectl ")
		if strings.HasPrefix(line, "landfall ") {
			lines = append(lines, line)
		}
	}
	for _, b := range p.blocks {
		for line := range strings.SplitSeq(strings.ReplaceAll(b.text, "\\\n", " "), "\n") {
			add(line)
		}
	}
	for _, span := range p.inline() {
		add(span)
	}
	return lines
}

// checkCommand says whether the words name a command of the tree and flags that
// it has. What follows a comment, a pipe or a redirection is not looked at, nor
// what is optional in a line of usage.
func checkCommand(root *cobra.Command, line string) error {
	command, words := root, strings.Fields(line)[1:]
	for i, word := range words {
		if strings.ContainsAny(word[:1], "#|>;&[") {
			break
		}
		if strings.HasPrefix(word, "-") {
			if err := checkFlag(command, word); err != nil {
				return err
			}
			continue
		}
		if !command.HasSubCommands() || i > 0 && strings.HasPrefix(words[i-1], "-") {
			continue // an argument, or a flag's value
		}
		next, _, err := command.Find([]string{word})
		if err != nil || next == command {
			if takesArgument(command, word) {
				return checkFlags(command, words[i+1:])
			}
			return fmt.Errorf("%s has no command %q", command.CommandPath(), word)
		}
		command = next
	}
	return nil
}

// takesArgument says that a command with commands below it does something by
// itself with such an argument, as plan does with an inventory. A word that looks
// like a command, rather than a file, is taken for a mistake.
func takesArgument(command *cobra.Command, word string) bool {
	isFile := strings.ContainsAny(word, "./-") || strings.ToUpper(word) == word
	return isFile && command.Runnable() && command.ValidateArgs([]string{word}) == nil
}

// checkFlags says whether a command has the flags among what follows its
// argument, and looks no further than checkCommand does.
func checkFlags(command *cobra.Command, words []string) error {
	for _, word := range words {
		if strings.ContainsAny(word[:1], "#|>;&[") {
			break
		}
		if strings.HasPrefix(word, "-") && word != "-" {
			if err := checkFlag(command, word); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkFlag(command *cobra.Command, word string) error {
	command.InitDefaultHelpFlag()
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	flags := command.Flags()
	flags.AddFlagSet(command.InheritedFlags())
	if strings.HasPrefix(word, "--") && flags.Lookup(name) != nil {
		return nil
	}
	if !strings.HasPrefix(word, "--") && len(name) >= 1 && flags.ShorthandLookup(name[:1]) != nil {
		return nil
	}
	return fmt.Errorf("%s has no flag %s", command.CommandPath(), word)
}

func TestCheckCommandFindsWhatIsNotThere(t *testing.T) {
	cases := map[string]struct {
		line string
		want string
	}{
		"Verb":     {"landfall rollout start churn --to cluster -n shop # comment --not-read", ""},
		"NoVerb":   {"landfall conquer churn", `landfall has no command "conquer"`},
		"NoSub":    {"landfall rollout conquer churn", `landfall rollout has no command "conquer"`},
		"NoFlag":   {"landfall rollout start churn --towards cluster", "landfall rollout start has no flag --towards"},
		"Argument": {"landfall get endpoint conquer -w", ""},
		"File":     {"landfall plan inventory.yaml -o plan.yaml", ""},
		"FileFlag": {"landfall plan inventory.yaml --conquer", "landfall plan has no flag --conquer"},
		"Below":    {"landfall plan explain Churn-Prod --inventory i.yaml", ""},
		"NoBelow":  {"landfall plan conquer Churn-Prod", `landfall plan has no command "conquer"`},
		"Scope":    {"landfall rollout -n shop status churn --wait --timeout=1h", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := checkCommand(cli.New(session.New("landfall")), tc.line); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("checkCommand(%q) = %q, want %q", tc.line, got, tc.want)
			}
		})
	}
}
