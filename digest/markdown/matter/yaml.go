package matter

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	yamltoken "github.com/goccy/go-yaml/token"
)

func decodeYAML(block []byte) ([]Entry, error) {
	// The library drops tabs within a value. Tabs at the start of a line are an error.
	text := innerTab.ReplaceAll(block, []byte("$1 "))
	text = numberCut.ReplaceAll(text, []byte("$1"+KeptSpace+"$2"))
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		if e, ok := errors.AsType[*yaml.SyntaxError](err); ok && e.Token != nil {
			return nil, &Error{Line: e.Token.Position.Line, Column: e.Token.Position.Column, Message: e.Message}
		}
		return nil, err
	}
	if len(file.Docs) == 0 {
		return nil, nil
	}
	var pairs []*ast.MappingValueNode
	switch n := file.Docs[0].Body.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	}
	y := yamlReader{anchors: map[string]Value{}}
	entries := y.entries(pairs)
	for i := range entries {
		e := &entries[i]
		if _, number, cut := strings.Cut(e.Value.Text, KeptSpace+"#"); cut && e.Key == "title" {
			e.Notes = append(e.Notes, fmt.Sprintf("YAML takes %q for a comment; write the title in quotes", "#"+number))
		}
	}
	return entries, nil
}

// innerTab matches a tab that is not at the start of a line.
var innerTab = regexp.MustCompile(`([^\t\n])\t`)

// numberCut matches a title with a number that YAML takes for a comment. KeptSpace
// prevents that, because YAML does not treat it as a space.
var numberCut = regexp.MustCompile(`(?m)^(title[ ]*: +[^\s#'"\[{|>&*!%@\x60].*?) +(#\d.*)$`)

// KeptSpace replaces the space before the number of a title that numberCut matches.
const KeptSpace = "\u00A0"

// yamlReader reads a block.
type yamlReader struct {
	anchors map[string]Value
	merged  int // number of entries added by merge keys
}

// entries returns the entries of a mapping. A merge key stands for the entries of
// another mapping, or of a list of them, of which the first one takes precedence
// (https://yaml.org/type/merge.html). Its position matters, as in Ruby and in Hugo.
func (y *yamlReader) entries(pairs []*ast.MappingValueNode) (entries []Entry) {
	merged := map[string]bool{}
	for _, p := range pairs {
		v := y.value(p.Value)
		if _, merges := p.Key.(*ast.MergeKeyNode); !merges {
			key := yamlKey(p.Key)
			if merged[key] {
				entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.Key == key })
				delete(merged, key)
			}
			entries = append(entries, Entry{Key: key, Value: v})
			continue
		}
		from := map[string]bool{}
		for _, t := range append([]Value{v}, v.List...) {
			for _, e := range t.Table {
				if y.merged++; y.merged > MaxValues {
					return entries
				}
				if !from[e.Key] {
					entries = append(entries, e)
				}
				from[e.Key], merged[e.Key] = true, true
			}
		}
	}
	return entries
}

// yamlKey returns a key as written; for a list or table as a key, its whole text.
func yamlKey(n ast.MapKeyNode) string {
	if k, ok := n.(*ast.MappingKeyNode); ok { // after a question mark
		return k.Value.String()
	}
	if _, ok := n.(ast.ScalarNode); ok {
		return n.GetToken().Value
	}
	return n.String()
}

// value keeps scalars as written. An alias shares the value of its anchor, so that an
// alias bomb stays small.
func (y *yamlReader) value(n ast.Node) Value {
	var v Value
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return Value{}
	case *ast.AnchorNode:
		v = y.value(n.Value)
		y.anchors[n.Name.GetToken().Value] = v
		return v
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if v, ok := y.anchors[name]; ok {
			return v
		}
		v = Value{Kind: Scalar, Text: "*" + name} // a literal asterisk
	case *ast.TagNode:
		return y.value(n.Value)
	case *ast.LiteralNode:
		v = Value{Kind: Scalar, Text: n.Value.Value}
	case *ast.StringNode:
		v = Value{Kind: Scalar, Text: n.Value, Bare: n.Token.Type == yamltoken.StringType}
	case *ast.SequenceNode:
		v.Kind = List
		for _, item := range n.Values {
			v.List = append(v.List, y.value(item))
		}
	case *ast.MappingNode:
		v.Kind, v.Table = Table, lastWins(y.entries(n.Values))
	case *ast.MappingValueNode:
		v.Kind, v.Table = Table, lastWins(y.entries([]*ast.MappingValueNode{n}))
	default:
		v = Value{Kind: Scalar, Text: n.GetToken().Value}
	}
	t := n.GetToken()
	if pair, ok := n.(*ast.MappingValueNode); ok {
		t = pair.Key.GetToken()
	} else if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		t = m.Values[0].Key.GetToken()
	}
	if t != nil && t.Position != nil {
		v.Line, v.Column = t.Position.Line, t.Position.Column
	}
	return v
}
