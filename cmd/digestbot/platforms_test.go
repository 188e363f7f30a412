package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/compose/language"
)

// unheard are files of the adapters whose errors stop the program at its start, or only go
// to the log: they are never shown in chat.
var unheard = []string{"draw.go", "preview.go", "view.go", "beside.go", "commands.go", "doc.go", "examine.go"}

// labels matches what precedes a colon to say where something failed: people see it beside
// the message, in brackets.
var labels = regexp.MustCompile(`^(\S*|block %T|web \S+|Socket Mode|rejected \S+|in doubt)$`)

// platformPhrases returns the adapters' reasons for failures, and their descriptions of
// connections: the tables of error codes, and the texts of errors. The parts of a composed
// text count separately.
func platformPhrases(t *testing.T) (phrases []string) {
	t.Helper()
	type source struct{ platform, name string }
	var files []source
	for _, kind := range adapters.Kinds {
		err := filepath.WalkDir(filepath.Join("../../adapters", kind.Name), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (strings.HasSuffix(name, "fake") || strings.HasSuffix(name, "test")):
				return fs.SkipDir
			case filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") && !slices.Contains(unheard, d.Name()):
				files = append(files, source{kind.Name, name})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 30 {
		t.Fatalf("%d files of adapters, which are not all", len(files))
	}
	for _, f := range files {
		platform, name := f.platform, f.name
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		whole := func(text string) { phrases = append(phrases, text) }
		var function string
		ast.Inspect(file, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.FuncDecl:
				function = x.Name.Name
				// The configuration is checked at the start.
				return !slices.Contains([]string{"CheckMention", "ReadPublicKey"}, function)
			case *ast.ValueSpec:
				for i, v := range x.Values {
					switch x.Names[i].Name {
					case "verdicts", "Outcomes", "statuses":
						for _, entry := range v.(*ast.CompositeLit).Elts {
							for _, text := range texted(t, entry.(*ast.KeyValueExpr).Value) {
								whole(text)
							}
						}
					case "damaged", "begins":
						phrases = append(phrases, saidIn(texted(t, v))...)
					}
				}
			case *ast.CompositeLit:
				if kind, ok := x.Type.(*ast.Ident); ok && strings.EqualFold(kind.Name, "verdict") {
					for _, text := range texted(t, x) {
						whole(text)
					}
				}
			case *ast.AssignStmt:
				for i, left := range x.Lhs {
					if s, ok := left.(*ast.SelectorExpr); ok && slices.Contains([]string{"words", "Words", "off", "Off"}, s.Sel.Name) {
						phrases = append(phrases, saidIn(texted(t, x.Rhs[i]))...)
					}
					if id, ok := left.(*ast.Ident); ok && id.Name == "words" && function == "explain" {
						phrases = append(phrases, saidIn(texted(t, x.Rhs[i]))...)
					}
				}
			case *ast.ReturnStmt:
				if function == "deaf" {
					phrases = append(phrases, saidIn(texted(t, x))...)
				}
			case *ast.CallExpr:
				f, ok := x.Fun.(*ast.SelectorExpr)
				if !ok || len(x.Args) == 0 {
					break
				}
				of, _ := f.X.(*ast.Ident)
				switch {
				case of == nil:
				case of.Name == "errors" && f.Sel.Name == "New", of.Name == "fmt" && f.Sel.Name == "Errorf":
					phrases = append(phrases, saidIn(texted(t, x.Args[0]))...)
				case of.Name == "fmt" && f.Sel.Name == "Sprintf" && (function == "String" && platform == "discord" || function == "Listen"):
					phrases = append(phrases, saidIn(texted(t, x.Args[0]))...)
				}
			}
			return true
		})
	}
	slices.Sort(phrases)
	phrases = slices.Compact(phrases)
	if len(phrases) < 250 {
		t.Fatalf("%d phrases, which are not all: %q", len(phrases), phrases)
	}
	return phrases
}

// texted returns the strings in an expression, except the keys of maps.
func texted(t *testing.T, e ast.Node) (texts []string) {
	t.Helper()
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text)
		}
		return true
	})
	return texts
}

// saidIn returns the words for people in error texts, without labels.
func saidIn(texts []string) (said []string) {
	if len(texts) > 0 && (strings.HasPrefix(texts[0], "adapters.") || strings.HasPrefix(texts[0], "http.")) {
		return nil // begins with a key of config.toml; the program does not start
	}
	for _, text := range texts {
		words := ""
		for _, piece := range append(strings.Split(strings.Trim(text, " "), ": "), "") {
			piece = strings.TrimSuffix(piece, ":")
			if !labels.MatchString(piece) && !slices.Contains([]string{"%s", "%w", "%w %w"}, piece) {
				words = strings.TrimPrefix(words+": "+piece, ": ")
				continue
			}
			if words != "" {
				said = append(said, words)
			}
			words = ""
		}
	}
	return said
}

// Each platform reason that a reader may see is translated into each language, and no
// translation is unused.
func TestPlatformsSpeakEachLanguage(t *testing.T) {
	said := platformPhrases(t)
	for _, lang := range language.Tags() {
		if lang == "en" {
			continue
		}
		known := language.PlatformPhrases(lang)
		for _, phrase := range said {
			if known[phrase] == "" {
				t.Errorf("%s: %q is missing", lang, phrase)
			}
		}
		for phrase := range known {
			if !slices.Contains(said, phrase) {
				t.Errorf("%s: %q is said by no adapter", lang, phrase)
			}
		}
	}
}
