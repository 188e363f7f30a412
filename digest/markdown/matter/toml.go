package matter

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// decodeTOML keeps the keys of the top level and of [taxonomies], where Zola has its
// tags, as written, and converts tables.
func decodeTOML(block []byte) ([]Entry, error) {
	var valid map[string]any
	if err := toml.Unmarshal(block, &valid); err != nil {
		if e, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column := e.Position()
			return nil, &Error{Line: line, Column: column, Message: strings.TrimPrefix(e.Error(), "toml: ")}
		}
		return nil, err
	}
	var p unstable.Parser
	p.Reset(block)
	var entries []Entry
	wanted := true
	for p.NextExpression() {
		e := p.Expression()
		key := ""
		for k := e.Key(); k.Next(); {
			key += "." + string(k.Node().Data)
		}
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			wanted = key == ".taxonomies"
		case unstable.KeyValue:
			if wanted {
				entries = append(entries, Entry{Key: key[1:], Value: tomlValue(&p, e.Value())})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(valid)) {
		if v := decodedValue(valid[key]); key != "taxonomies" && (v.Kind == Table || v.Kind == List && len(v.List) > 0 && v.List[0].Kind == Table) {
			entries = append(slices.DeleteFunc(entries, func(e Entry) bool { return e.Key == key }), Entry{Key: key, Value: v})
		}
	}
	return entries, p.Error()
}

func tomlValue(p *unstable.Parser, n *unstable.Node) Value {
	v := Value{Kind: Scalar, Text: string(n.Data)}
	at := p.Shape(n.Raw).Start
	v.Line, v.Column = at.Line, at.Column
	switch n.Kind {
	case unstable.Array:
		v.Kind = List
		for items := n.Children(); items.Next(); {
			if item := items.Node(); item.Kind != unstable.Comment {
				v.List = append(v.List, tomlValue(p, item))
			}
		}
	case unstable.InlineTable:
		v.Kind = Table
	}
	return v
}
