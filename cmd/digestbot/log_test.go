package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// logKeys are the attributes of the log: each name means one thing in the whole program.
var logKeys = map[string]string{
	"act": "what an admin did", "adapter": "an adapter's name", "address": "of a machine on the network", "after_slot": "time since the slot opened",
	"attempt": "how many there were", "by": "by how much the clock was set", "cause": "why a delivery was planned", "channel": "adapter:id",
	"channels": "how many", "command": "of the terminal", "commit": "of a repository", "copy": "file that was kept", "correction": "whether it is one",
	"day": "of a digest", "deliveries": "how many", "delivery": "its key", "digest": "its ID", "digests": "how many", "error": "what went wrong",
	"every": "how often", "file": "its name", "flaw": "of a row in the ledger", "folder": "its name", "for": "what a token was shown for",
	"forms": "how many", "files": "how many", "forwarded_for": "address as a proxy tells it", "group": "of users", "lease": "its name", "left_out": "files and why", "library": "its name",
	"line": "a command as it was typed", "messages": "how many", "method": "of HTTP", "newest": "title of the newest digest",
	"next_attempt": "when it is tried again", "of": "the library that has the same", "of_file": "its name there", "outcome": "of an attempt or a slot", "panic": "what a bug said",
	"part": "its key or number", "parts": "how many", "path": "of a library or an address", "posted": "how many", "problem": "what is odd", "problems": "how many",
	"queue": "of calls between replicas", "reason": "why it is so", "replica": "its name", "remedy": "what to do", "repository": "its address", "request": "its ID", "server": "of a platform", "setting": "of config.toml", "since": "when something began", "skipped": "how many", "slot": "when it opens",
	"stack": "of a bug", "state": "folder of it", "step": "of planning", "subject": "what a check looked at", "subscription": "its name", "task": "of a bug", "title": "of a message or digest", "took": "how long",
	"type": "of an envelope", "tz_database": "its version", "url": "of a message", "user": "its ID", "verb": "of a command", "version": "of digestbot",
	"was": "the ID before", "where": "an adapter is reached", "zone": "of a schedule", "message": "its ID",
}

// logMessage matches a message: the area, and a short sentence without a full stop.
var logMessage = regexp.MustCompile(`^[a-z]+: .*[^.]$`)

// TestLogSpeaksOneLanguage: each message begins with its area, and an attribute's name
// means one thing, so that people can search for it.
func TestLogSpeaksOneLanguage(t *testing.T) {
	used, records := map[string]bool{}, 0
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.IsDir() && (d.Name() == "testdata" || strings.HasSuffix(d.Name(), "fake") || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
				return fs.SkipDir
			}
			return err
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, name, source, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			message, keys := logged(n)
			if message != "" {
				records++
				if !logMessage.MatchString(message) {
					t.Errorf("%s: %q begins with no room, as in “library: read”, or ends with a full stop", files.Position(n.Pos()), message)
				}
			}
			for _, k := range keys {
				used[k] = true
				if logKeys[k] == "" {
					t.Errorf("%s: the attribute %q is no word of the log: use one of logKeys", files.Position(n.Pos()), k)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if records < 70 {
		t.Errorf("only %d records were found", records)
	}
	for k := range logKeys {
		if !used[k] {
			t.Errorf("nothing logs %q", k)
		}
	}
}

// logged returns what a node logs: its message, if it is a log call, and the attribute
// names.
func logged(n ast.Node) (message string, keys []string) {
	switch n := n.(type) {
	case *ast.CompositeLit: // about := []any{"delivery", key}
		if array, ok := n.Type.(*ast.ArrayType); ok && array.Len == nil && isAny(array.Elt) && len(n.Elts)%2 == 0 && allText(n.Elts) {
			return "", texts(n.Elts)
		}
	case *ast.CallExpr:
		name, receiver := called(n)
		switch {
		case slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, name) && strings.HasSuffix(strings.ToLower(receiver), "log"):
			if len(n.Args) == 0 {
				return "", nil
			}
			if m := texts(n.Args[:1]); len(m) == 1 {
				message = m[0]
			}
			return message, texts(n.Args[1:])
		case name == "Log" && len(n.Args) > 2 && strings.HasSuffix(strings.ToLower(receiver), "log"):
			return strings.Join(texts(n.Args[2:3]), ""), texts(n.Args[3:])
		case name == "With" && strings.HasSuffix(strings.ToLower(receiver), "log"):
			return "", texts(n.Args)
		case name == "Contain" && len(n.Args) > 3:
			return "", texts(n.Args[3:])
		case name == "append" && len(n.Args) > 2 && allText(n.Args[1:]) && slices.Contains([]string{"about", "args"}, root(n.Args[0])):
			return "", texts(n.Args[1:])
		}
	}
	return "", nil
}

// called returns the name of a function, and the last name of its receiver.
func called(n *ast.CallExpr) (name, receiver string) {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name, ""
	case *ast.SelectorExpr:
		return f.Sel.Name, root(f.X)
	}
	return "", ""
}

// root returns the last name of an expression: log in d.log and in log().
func root(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.CallExpr:
		if name, receiver := called(x); name == "Clip" {
			return root(x.Args[0])
		} else if name == "With" || name == "append" {
			return receiver
		}
		return root(x.Fun)
	}
	return ""
}

func isAny(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == "any"
}

// allText reports whether every other expression, from the first on, is a string.
func allText(all []ast.Expr) bool { return len(all) > 0 && len(texts(all)) == (len(all)+1)/2 }

// texts returns the strings among every other expression, from the first on.
func texts(all []ast.Expr) (found []string) {
	for i := 0; i < len(all); i += 2 {
		if lit, ok := all[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				found = append(found, text)
			}
		}
	}
	return found
}
