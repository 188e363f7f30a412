package markdown

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"
)

var unstretched = newParser(inlineParsers())

func TestStretch(t *testing.T) {
	for _, body := range []string{
		"", "a", "a\nb", "a  \nb\\\nc \nd", "a b  c \n\n d ", "行业 动态。\n第二行", "a\\* b *c*", "a \\ b\\", "\\\\ a", "a\\\\\nb", "a\\\n",
		"a **b c** d _e f_ g", "**行业：** 动态**x**。", "[a b](c d) [e f](g 'h i') ![j k](l)", "a `b  c` d ~~e f~~", "see https://example.org/a?b=c. And http://x",
		"a: b : c", "<b>a b</b> <br> < c", "{% raw %} a {{ b }} [^1] c", "# a b #\n\nc d\n---\n\ne f\n===\n", "> a b\nc d\n> - e f\n  g", "- a b\n- c d\n\n  e",
		"| a b | c |\n|-|-|\n| d \\| e | f g |\n", "    code a b\n\na\tb \t\nc", "&amp; a &lt b", "a\n\n[b]: https://example.org 'c d'\n", "*a\nb* c\n  d", "x   \t \n\t y",
		strings.Repeat("a b ", 100) + strings.Repeat(" ", 100) + "\nc", "a ! b", "a[b c] d ]e", "* * *\n- - a\n", "1. a b\n2. c\\\n   d\n",
	} {
		sameTree(t, body)
	}
	for _, d := range digests(50) {
		sameTree(t, string(d))
	}
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("fixtures: got %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sameTree(t, string(data))
	}
}

func TestStretchGenerated(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "b c", "行业", "。", "，", " ", "  ", "\t", "\n", "\n\n", "  \n", "\\", "*", "**", "_", "`", "[", "](", ")", "]", "!", "<", ">", "\n> ", "\n- ", "\n1. ", "\n# ",
		"\n    ", "~~", ":", "https://e.org", "{{", "}}", "|", "\n|-|\n", "&amp;", "<b>", "\n---\n", "\n```\n", "é", "😀",
	})
	rapid.Check(t, func(t *rapid.T) {
		sameTree(t, strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), ""))
	})
}

func FuzzStretch(f *testing.F) {
	f.Add("# a\n\nb **c** d\\\ne  \nf [g h](i) `j  k` https://e.org\n\n> l m\n> n\n\n- o p\n")
	f.Fuzz(func(t *testing.T, body string) { sameTree(t, body) })
}

// sameTree compares what the parser reads with and without a stretch.
func sameTree(t interface{ Errorf(string, ...any) }, body string) {
	// An escape at the end of a line runs on into the next one in goldmark.
	if strings.Contains(body, "\\\\\\\n") {
		return
	}
	source := []byte(body)
	got := lineEnds.ReplaceAllString(dump(bodyParser.Parse(text.NewReader(source)), source), "$1")
	want := lineEnds.ReplaceAllString(dump(unstretched.Parse(text.NewReader(source)), source), "$1")
	if got != want {
		t.Errorf("%q:\ngot  %s\nwant %s", body, got, want)
	}
}

// lineEnds are spaces at the end of lines, which never become part of a digest.
var lineEnds = regexp.MustCompile(`\s+(<soft>|<hard>|</>)`)

// dump writes a tree in which it does not matter how text is cut.
func dump(n ast.Node, source []byte) string {
	switch n := n.(type) {
	case *ast.Text:
		s := string(n.Segment.Value(source))
		if n.HardLineBreak() {
			s += "<hard>"
		} else if n.SoftLineBreak() {
			s += "<soft>"
		}
		return s
	case *ast.AutoLink:
		return fmt.Sprintf("<link %s>", n.Label(source))
	}
	var s strings.Builder
	fmt.Fprintf(&s, "<%s", n.Kind())
	if l, ok := n.(*ast.Link); ok {
		fmt.Fprintf(&s, " %q %q", l.Destination, l.Title)
	}
	if e, ok := n.(*ast.Emphasis); ok {
		fmt.Fprintf(&s, " %d", e.Level)
	}
	s.WriteString(">")
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		s.WriteString(dump(c, source))
	}
	return s.String() + "</>"
}
