package session

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/spelling"
)

// ReportFormats are the values of -o of commands that report.
var ReportFormats = []output.Format{output.FormatTable, output.FormatJSON, output.FormatYAML}

// AddOutputFlag adds -o to a command, with what the shell offers for it. The
// first format is the default.
func AddOutputFlag(command *cobra.Command, into *string, formats ...output.Format) {
	words := output.Words(formats)
	last := len(words) - 1
	usage := strings.Join(words[:last], ", ") + " or " + words[last]
	command.Flags().StringVarP(into, "output", "o", string(formats[0]), usage)
	offered := strings.Split(strings.ReplaceAll(strings.Join(words, " "), "…", ""), " ")
	err := command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(offered, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag was added above
	}
}

// FlagError tells what is wrong with a flag, and names the flag that was
// probably meant.
func FlagError(command *cobra.Command, err error) error {
	next := command.CommandPath() + " --help"
	text := strings.TrimPrefix(err.Error(), "pflag: ")
	if unknown, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		var names []string
		command.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
		if near := spelling.Nearest(unknown, names); near != "" {
			next = "--" + near + ", or: " + next
		}
	}
	return output.Usage(next, "%s", text)
}

// OneArgument is the argument check of commands that take one file or folder.
// What names it; next is what to do where it is not there.
func OneArgument(what, next string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if len(args) == 1 && args[0] != "" {
			return nil
		}
		return output.Usage(next, "%s takes one %s, not %d", command.Name(), what, len(args))
	}
}
