package matter

import (
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// ListOf reads a list of words, or one string that divide splits into a list. It
// flattens nested lists and skips empty items. It calls complain, unless that is nil,
// for each item that is not a word.
func (m *Matter) ListOf(key string, v Value, divide func(string) []string, complain func(at Value, why string)) (l lexicon.List) {
	if complain == nil {
		complain = func(Value, string) {}
	}
	switch v.Kind {
	case Scalar:
		for _, word := range divide(v.Text) {
			l.Put(word, PositionOf(m.Line, v))
		}
	case Table:
		complain(v, "a list of words is expected here")
	case List:
		budget := MaxValues
		m.flatten(key, v, &l, &budget, complain)
	}
	return l
}

// flatten adds the words of a list, up to a budget: with aliases, a list can have
// millions.
func (m *Matter) flatten(key string, v Value, l *lexicon.List, budget *int, complain func(at Value, why string)) {
	for _, item := range v.List {
		if *budget--; *budget < 0 {
			return
		}
		switch item.Kind {
		case Scalar:
			// Chinese keyboards write [a，b] instead of YAML's [a, b].
			for word := range strings.FieldsFuncSeq(item.Text, func(c rune) bool { return key != "author" && (c == '，' || c == '、') }) {
				l.Put(word, PositionOf(m.Line, item))
			}
		case List:
			m.flatten(key, item, l, budget, complain)
		case Table:
			if name := item.First("name", "title"); name.Kind == Scalar && key == "author" {
				l.Put(name.Text, PositionOf(m.Line, name))
				continue
			}
			complain(item, "an entry is no word")
		}
	}
}

// OneWord does not split a string. CommaWords and SpacedWords are the alternatives for
// ListOf.
func OneWord(s string) []string { return []string{s} }

// CommaWords splits at commas, semicolons and similar separators.
func CommaWords(s string) []string { return strings.FieldsFunc(s, lexicon.IsSeparator) }

// SpacedWords splits at spaces if there are no commas, as Jekyll and Hugo do.
func SpacedWords(s string) []string {
	if strings.ContainsFunc(s, lexicon.IsSeparator) {
		return CommaWords(s)
	}
	return strings.Fields(s)
}

// JekyllCategories returns the categories as Jekyll determines them: the words or items
// of the entry categories, where a nested list counts as one category in Ruby's
// notation, and those of the entry category or, without it, of all nested lists.
func JekyllCategories(all, single Value) []string {
	var categories lexicon.List
	put := func(word string) { categories.PutAsWritten(strings.Clone(word), digest.Position{}) }
	for _, word := range strings.Fields(all.Text) {
		put(word)
	}
	budget := MaxValues
	for _, item := range all.List {
		if item.Kind == List {
			put(rubyList(item, &budget))
		} else {
			put(lexicon.Squeeze(item.Text))
		}
	}
	if single.Kind == Nothing {
		single = Value{List: all.List}
	}
	put(lexicon.Squeeze(single.Text))
	var deeper func(v Value)
	deeper = func(v Value) {
		for _, item := range v.List {
			if budget--; budget < 0 {
				return
			}
			put(lexicon.Squeeze(item.Text))
			deeper(item)
		}
	}
	deeper(single)
	return categories.Words
}

// rubyList returns a list in Ruby's notation.
func rubyList(v Value, budget *int) string {
	items := []string{}
	for _, item := range v.List {
		if *budget--; *budget < 0 {
			break
		}
		if item.Kind == List {
			items = append(items, rubyList(item, budget))
		} else {
			items = append(items, `"`+strings.ReplaceAll(item.Text, `"`, `\"`)+`"`)
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}
