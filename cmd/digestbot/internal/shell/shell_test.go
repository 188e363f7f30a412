package shell

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// program is a command line with every feature that the package handles.
type program struct {
	Config string `help:"Where it is."`
	Quiet  bool   `short:"q" help:"Say less."`
	Secret string `hidden:""`

	Post struct {
		Style  string   `enum:",brief,full" default:"" help:"How."`
		Limit  int      `default:"3" help:"@everyone \\fB 漏洞\nnext."`
		Digest []string `arg:"" help:"Files."`
	} `cmd:"" help:"Post it." example:"program post --style full a.md"`
	List struct {
		Old struct {
			Since string `enum:"noon,dawn" default:"noon" help:"From when on."`
		} `cmd:"" default:"withargs" help:"The old ones."`
		New struct {
			Kind string `arg:"" enum:"sent,held" help:"Which."`
		} `cmd:"" help:".TH is no macro." example:"'program' list new"`
	} `cmd:"" help:"List them." refuses:"config"`
	Help   struct{} `cmd:"" help:"Help."`
	Hidden struct{} `cmd:"" hidden:""`
}

func parser(t *testing.T) *kong.Kong {
	t.Helper()
	k, err := kong.New(&program{}, kong.Name("program"), kong.Description("Does it."), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	Prepare(k.Model)
	return k
}

// A flag that is empty by default says what it accepts without an empty choice.
func TestChoices(t *testing.T) {
	for line, want := range map[string]string{
		"post a.md": "", "post --style full a.md": "", "post --style= a.md": "",
		"post --style @everyone a.md": `--style: must be one of "brief","full" but got "@everyone"`,
		"post --style=compact a.md":   `--style: must be one of "brief","full" but got "compact"`,
		"list --since never":          `--since must be one of "noon","dawn" but got "never"`,
	} {
		_, err := parser(t).Parse(strings.Split(line, " "))
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

func TestComplete(t *testing.T) {
	app := parser(t).Model
	for _, x := range []struct {
		words string
		want  string
	}{
		{"", "post list help"},
		{"p", "post"},
		{"hid", ""},
		{"li", "list"},
		{"list ", "old new"},
		{"help li", "list"},
		{"help list n", "new"},
		{"list new ", "sent held"},
		{"list new h", "held"},
		{"list new held ", ""},
		{"--", "--help --config --quiet"},
		{"list old --", "--since --help --quiet"},
		{"list --", "--since --help --quiet"},
		{"list --since ", "noon dawn"},
		{"list new --", "--help --quiet"},
		{"post --", "--style --limit --digest --help --config --quiet"},
		{"post --st", "--style"},
		{"post --style ", "brief full"},
		{"post --style = f", "full"},
		{"post --style =", "brief full"},
		{"post --style=f", "--style=full"},
		{"post --limit ", ""},
		{"post --limit 3 --q", "--quiet"},
		{"-q li", "list"},
		{"--config x.toml po", "post"},
		{"post a.md ", ""},
		{"nonsense @everyone ", ""},
		{"post --nonsense --st", "--style"},
	} {
		var got []string
		for _, line := range Complete(app, strings.Split(x.words, " ")) {
			word, _, ok := strings.Cut(line, "\t")
			if !ok || strings.Contains(line, "\n") {
				t.Errorf("%q: the line %q", x.words, line)
			}
			got = append(got, word)
		}
		if want := strings.Fields(strings.ReplaceAll(x.want, "--digest ", "")); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", x.words, got, want)
		}
	}
	if got := Complete(app, nil); len(got) != 3 {
		t.Errorf("no words: got %q", got)
	}
}

func TestRefused(t *testing.T) {
	for line, want := range map[string]string{
		"list old --config x": "--config", "--config x list new held": "--config", "list old -q": "", "post --config x a.md": "",
	} {
		ctx, err := parser(t).Parse(strings.Split(line, " "))
		if err != nil {
			t.Fatal(err)
		}
		if got := Refused(ctx); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

// The scripts name the completion command, and their shells can parse them.
func TestScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		text, err := Script(shell)
		if err != nil || !strings.Contains(text, " "+CompleteCommand+" -- ") {
			t.Errorf("%s: %v\n%s", shell, err, text)
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			continue // not all machines have all shells
		}
		check := exec.Command(path, "-n")
		check.Stdin = strings.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
	if _, err := Script("cmd"); err == nil {
		t.Error("there is a script for cmd")
	}
}

func TestMan(t *testing.T) {
	k := parser(t)
	page := Man(k.Model, Page{Version: "v1", Sections: []Section{{"FILES", [][2]string{{"config.toml", ".It's"}}}}})
	for _, want := range []string{
		`.TH PROGRAM 1 "" "program v1"`, `program \- does it`, `\fB\-q\fR, \fB\-\-quiet\fR`, `\fB\-\-limit\fR=`, ".SS list new\n", "\n" + `\&.TH is no macro.`, "\n" + `\(aqprogram\(aq list new`,
		`@everyone \efB \[u6F0F]\[u6D1E] next.`, "\n" + `\&.It\(aqs`, ".SH FILES",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("it has no %q in\n%s", want, page)
		}
	}
	for _, never := range []string{"secret", "hidden", "漏"} {
		if strings.Contains(page, never) {
			t.Errorf("it has %q in\n%s", never, page)
		}
	}
}
