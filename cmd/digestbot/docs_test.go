package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source"
)

// document returns the text of a page of the documentation.
func document(t *testing.T, name string) string {
	data, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The README's example of a digest is read completely and without problems.
func TestReadmeHasADigest(t *testing.T) {
	example := regexp.MustCompile("(?s)```markdown\n(.+?)```").FindStringSubmatch(document(t, "README.md"))
	if example == nil {
		t.Fatal("the README has no example")
	}
	d := markdown.Read("2026-11-23-databases.md", []byte(example[1]))
	if len(d.Problems) > 0 || len(d.Stories) != 1 || len(d.Sections) != 1 {
		t.Fatalf("got the problems %v, %d stories and %d sections", d.Problems, len(d.Stories), len(d.Sections))
	}
	got := []string{d.Lead.String(), d.Stories[0].Headline, d.Stories[0].Summary.String(), d.Sections[0].Title, d.Sections[0].Text.String()}
	want := []string{"A few sentences that lead in.", "PostgreSQL 17 is out", "What happened, in a paragraph, with emphasis and links.", "Analysis", "What it means."}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The table of commands in .github/docs matches the command tree.
func TestCommandsHasEveryVerb(t *testing.T) {
	var want []string
	tree := command.Tree()
	for _, c := range tree.Subs {
		if c.Hidden {
			continue
		}
		row := fmt.Sprintf("| `%s` | %s", compose.Usage(tree.Name, c), c.Summary)
		if c.AdminOnly {
			row += " (admins)"
		}
		want = append(want, row+" |")
	}
	if table := strings.Join(want, "\n"); !strings.Contains(document(t, ".github/docs/commands.md"), table) {
		t.Errorf("the page lacks the table\n%s", table)
	}
}

// The page on commands names every terminal command.
func TestCommandsHasEveryTerminalCommand(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("digestbot"))
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Children {
		if !node.Hidden && !strings.Contains(document(t, ".github/docs/commands.md"), "| `digestbot "+node.Name) {
			t.Errorf("the page does not name digestbot %s", node.Name)
		}
	}
}

// The table of problems in .github/docs lists exactly the codes of lint, with their remedies
// and the severities that they have in the bad library. That library provokes no bug, so the
// severity of source.CodeInternal is set here.
func TestLintHasEveryProblem(t *testing.T) {
	printed, err := os.ReadFile(lintGolden)
	if err != nil {
		t.Fatal(err)
	}
	severity := severities(t, string(printed))
	severity[source.CodeInternal] = "error"
	var want []string
	for _, c := range libraries.ProblemCodes() {
		want = append(want, fmt.Sprintf("| %s | `%s` | %s | %s |", severity[c.Name], c.Name, c.Summary, c.Remedy))
	}
	got := regexp.MustCompile("(?m)^\\| (?:error|warning)[a-z, ]* \\| `[a-z-]+` \\| [^|]+ \\| [^|]+ \\|$").FindAllString(document(t, ".github/docs/lint.md"), -1)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the page has the problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// SECURITY begins with the threat model, and its limits are those of the code.
func TestSecurityOpensWithTheThreatModel(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", ".github", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	const opening = "# Security\n\n## Threat model: who can send what to the bot, and what each of them can reach\n\n| who | what they can send | what they can reach |\n|---|---|---|\n"
	text, ok := strings.CutPrefix(string(data), opening)
	if !ok {
		t.Fatalf("it begins differently: %.200q", data)
	}
	table, rest, _ := strings.Cut(text, "\n\n")
	for _, who := range []string{
		"Authors of digests", "Git remotes", "Members of a channel", "Admins of a server or workspace", "Admins in `admin_channel`", "Strangers on HTTP",
		"Holders of the operator page's token", "Clients behind a proxy", "Other web pages in a reader's browser", "Other users of the machine", "The platforms", "Operators",
	} {
		if !strings.Contains(table, "| **"+who+"** | ") {
			t.Errorf("it does not say what they can send and reach: %s", who)
		}
	}
	if !strings.Contains(rest, fmt.Sprintf("have at least %d characters", httpauth.LeastToken)) {
		t.Errorf("it does not say that a token has %d characters", httpauth.LeastToken)
	}
}
