package inspect

import (
	"bytes"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds of a shell script that is parsed: the parser calls itself for each
// level of nesting.
const (
	maxShellBytes   = 128 << 10
	maxShellNesting = 200
)

// shell looks through a shell script, by its syntax tree where it has one.
func (f *file) shell(data []byte) {
	script := parseShell(data)
	if script == nil {
		f.shellLines()
		return
	}
	own := assigned(script)
	syntax.Walk(script, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			f.shellCall(n)
		case *syntax.DeclClause: // export, declare
			f.assignments(n.Args)
		case *syntax.Redirect:
			f.redirect(n)
		case *syntax.ParamExp:
			if n.Param != nil && !own[n.Param.Value] {
				f.variable(n.Param.Value, int(n.Pos().Line()), n.Exp != nil)
			}
		case *syntax.Word:
			f.words(n)
		}
		return true
	})
}

// assigned are the variables that a script gives values to itself.
func assigned(script *syntax.File) map[string]bool {
	names := map[string]bool{}
	syntax.Walk(script, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				names[n.Name.Value] = true
			}
		case *syntax.WordIter: // for NAME in …
			names[n.Name.Value] = true
		case *syntax.CallExpr:
			if len(n.Args) > 1 && wordText(n.Args[0]) == "read" {
				for _, word := range n.Args[1:] {
					names[wordText(word)] = true
				}
			}
		}
		return true
	})
	return names
}

// words looks for constants in a word, line by line: a here-document is one.
func (f *file) words(word *syntax.Word) {
	line := int(word.Pos().Line())
	for text := range strings.SplitSeq(wordText(word), "\n") {
		f.constants(constant{text: text, line: line})
		line++
	}
}

// parseShell returns nil for what is no shell script, or is too deep or long.
func parseShell(data []byte) (script *syntax.File) {
	if len(data) > maxShellBytes || nesting(data) > maxShellNesting {
		return nil
	}
	defer func() {
		if recover() != nil {
			script = nil
		}
	}()
	script, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(data), "")
	if err != nil {
		return nil
	}
	return script
}

// nesting is the greatest depth that brackets and quotes of commands could
// reach.
func nesting(data []byte) int {
	depth, deepest := 0, 0
	for _, c := range data {
		switch c {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth = max(depth-1, 0)
		}
		deepest = max(deepest, depth)
	}
	return deepest
}

// shellCall judges a command of a script.
func (f *file) shellCall(n *syntax.CallExpr) {
	line := int(n.Pos().Line())
	f.assignments(n.Assigns)
	var words []string
	for _, word := range n.Args {
		words = append(words, wordText(word))
	}
	if len(words) == 0 {
		return
	}
	f.command(strings.Join(words, " "), line)
	switch words[0] {
	case "mkdir", "touch", "cp", "mv", "tee":
		if target := words[len(words)-1]; len(words) > 1 && strings.HasPrefix(target, "/") {
			f.writes(target, line, "")
		}
	case "nproc":
		f.report("WorkerAssumption", line, "nproc counts the node's CPUs")
	case "ulimit":
		f.report("NeedsRoot", line, "ulimit may need root")
	}
}

// workerFlags finds a fixed number of workers.
func (f *file) workerFlags(words []string, line int) {
	for i, word := range words {
		name, value, given := strings.Cut(word, "=")
		if name != "--workers" && name != "-w" {
			continue
		}
		if !given && i+1 < len(words) {
			value = words[i+1]
		}
		if numberForm.MatchString(value) {
			f.report("WorkerAssumption", line, words[0]+" is started with "+value+" workers")
		}
	}
}

// assignments finds numbers of threads among variables that are set.
func (f *file) assignments(assigns []*syntax.Assign) {
	for _, assign := range assigns {
		if assign.Name != nil && assign.Value != nil && slices.Contains(threadVariables, assign.Name.Value) {
			f.report("ThreadSetting", int(assign.Pos().Line()), "it sets "+assign.Name.Value)
		}
	}
}

// redirect finds files that a script writes.
func (f *file) redirect(n *syntax.Redirect) {
	switch n.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.ClbOut:
		if target := wordText(n.Word); strings.HasPrefix(target, "/") {
			f.writes(target, int(n.Pos().Line()), "")
		}
	default: // what is read
	}
}

// wordText is a word as far as it is constant.
func wordText(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	var text strings.Builder
	for _, part := range word.Parts {
		partText(&text, part)
	}
	return text.String()
}

func partText(text *strings.Builder, part syntax.WordPart) {
	switch part := part.(type) {
	case *syntax.Lit:
		text.WriteString(part.Value)
	case *syntax.SglQuoted:
		text.WriteString(part.Value)
	case *syntax.DblQuoted:
		for _, inner := range part.Parts {
			partText(text, inner)
		}
	default:
		text.WriteString("{}")
	}
}

// shellLines looks through a script that has no tree, line by line.
func (f *file) shellLines() {
	for i, line := range f.lines {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		f.command(trimmed, i+1)
		f.constants(constant{text: trimmed, line: i + 1})
		for _, prefix := range []string{"$SM_", "${SM_", "$SAGEMAKER_", "${SAGEMAKER_", "$AWS_", "${AWS_"} {
			if at := strings.Index(trimmed, prefix); at >= 0 {
				name := strings.TrimLeft(trimmed[at:], "${")
				if end := strings.IndexFunc(name, notName); end >= 0 {
					f.variable(name[:end], i+1, strings.HasPrefix(name[end:], ":-"))
				} else {
					f.variable(name, i+1, false)
				}
			}
		}
	}
}

func notName(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
