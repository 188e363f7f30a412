package markdown

import (
	"github.com/digestbot/digestbot/digest"
)

// first is the first of the keys of a table that has a value.
func (v value) first(keys ...string) value {
	m := matter{entries: v.table}
	return m.get(keys...)
}

// matterStories finds stories in the front matter: the tables of a list, each
// with a title and an address or a summary. Aliases make a few lines worth
// millions of values, so there is a budget of those that are looked at.
func matterStories(entries []entry, line int, budget *int) []digest.Story {
	var stories []digest.Story
	for _, e := range entries {
		if e.value.kind == table {
			stories = append(stories, matterStories(e.value.table, line, budget)...)
		}
		for _, item := range e.value.list {
			if *budget--; *budget < 0 {
				return stories
			}
			if s, ok := listedStory(item); ok {
				s.At = positionOf(line, item)
				stories = append(stories, s)
			} else if item.kind == table {
				stories = append(stories, matterStories(item.table, line, budget)...)
			}
		}
	}
	return stories
}

// listedStory reads a table of the front matter as a story.
func listedStory(v value) (digest.Story, bool) {
	title := v.first("title", "headline", "标题", "標題")
	if v.kind != table || title.kind != scalar {
		return digest.Story{}, false
	}
	s := digest.Story{Headline: stripOrdinal(emojis(squeeze(title.text)))}
	if text := v.first("summary", "description", "text", "content", "body", "abstract", "excerpt", "摘要", "内容"); text.kind == scalar {
		blocks, _ := flatten([]byte(text.text), false, false)
		s.Summary = flow(blocks)
	}
	for _, key := range []string{"url", "link", "href", "urls", "links", "source_url", "sourceurl", "source", "sources", "references", "链接", "来源"} {
		s.Sources = append(s.Sources, listedSources(v.first(key))...)
	}
	s.Sources = once(s.Sources)
	if name := v.first("source", "publisher", "来源"); len(s.Sources) > 0 && name.kind == scalar && webURL(name.text) == "" {
		s.Sources[0].Title = squeeze(name.text)
	}
	s.Score = squeeze(v.first("score", "rating", "points", "stars", "评分").text)
	s.Group = emojis(squeeze(v.first("group", "section").text))
	tags := (&reader{digest: &digest.Digest{}}).list(matter{}, "tags", v.first("tags", "tag", "keywords", "标签", "標籤"), commaWords)
	s.Tags = tags.words
	return s, len(s.Sources) > 0 || len(s.Summary) > 0
}

// listedSources reads an address, a list of them, or tables that have one.
func listedSources(v value) []digest.Source {
	switch v.kind {
	case scalar:
		if url := webURL(v.text); url != "" {
			return []digest.Source{{URL: url}}
		}
	case table:
		if url := webURL(v.first("url", "link", "href").text); url != "" {
			return []digest.Source{{Title: squeeze(v.first("title", "name", "label").text), URL: url}}
		}
	case list:
		var sources []digest.Source
		for _, item := range v.list {
			if item.kind != list {
				sources = append(sources, listedSources(item)...)
			}
		}
		return sources
	}
	return nil
}
