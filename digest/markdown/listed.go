package markdown

import (
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/body"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/matter"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

// matterStories finds stories in the front matter: tables in a list, each with a title
// and an address or a summary. With aliases, a few lines can stand for millions of
// values, so budget limits how many are examined.
func matterStories(entries []matter.Entry, line int, budget *int) []digest.Story {
	var stories []digest.Story
	for _, e := range entries {
		if e.Value.Kind == matter.Table {
			stories = append(stories, matterStories(e.Value.Table, line, budget)...)
		}
		for _, item := range e.Value.List {
			if *budget--; *budget < 0 {
				return stories
			}
			if s, ok := listedStory(item); ok {
				s.At = matter.PositionOf(line, item)
				stories = append(stories, s)
			} else if item.Kind == matter.Table {
				stories = append(stories, matterStories(item.Table, line, budget)...)
			}
		}
	}
	return stories
}

// listedStory reads a table of the front matter as a story.
func listedStory(v matter.Value) (digest.Story, bool) {
	title := v.First("title", "headline", "标题", "標題")
	if v.Kind != matter.Table || title.Kind != matter.Scalar {
		return digest.Story{}, false
	}
	s := digest.Story{Headline: lexicon.StripOrdinal(body.ReplaceShortcodes(lexicon.Squeeze(title.Text)))}
	if text := v.First("summary", "description", "text", "content", "body", "abstract", "excerpt", "摘要", "内容"); text.Kind == matter.Scalar {
		blocks, _ := body.Flatten([]byte(text.Text), false, false)
		s.Summary = block.Flow(blocks)
	}
	for _, key := range []string{"url", "link", "href", "urls", "links", "source_url", "sourceurl", "source", "sources", "references", "链接", "来源"} {
		s.Sources = append(s.Sources, listedSources(v.First(key))...)
	}
	s.Sources = block.UniqueSources(s.Sources)
	if name := v.First("source", "publisher", "来源"); len(s.Sources) > 0 && name.Kind == matter.Scalar && weburl.Absolute(name.Text) == "" {
		s.Sources[0].Title = lexicon.Squeeze(name.Text)
	}
	s.Score = lexicon.Squeeze(v.First("score", "rating", "points", "stars", "评分").Text)
	s.Group = body.ReplaceShortcodes(lexicon.Squeeze(v.First("group", "section").Text))
	tags := new(matter.Matter).ListOf("tags", v.First("tags", "tag", "keywords", "标签", "標籤"), matter.CommaWords, nil)
	s.Tags = tags.Words
	return s, len(s.Sources) > 0 || len(s.Summary) > 0
}

// listedSources reads an address, a list of addresses, or tables with addresses.
func listedSources(v matter.Value) []digest.Source {
	switch v.Kind {
	case matter.Scalar:
		if url := weburl.Absolute(v.Text); url != "" {
			return []digest.Source{{URL: url}}
		}
	case matter.Table:
		if url := weburl.Absolute(v.First("url", "link", "href").Text); url != "" {
			return []digest.Source{{Title: lexicon.Squeeze(v.First("title", "name", "label").Text), URL: url}}
		}
	case matter.List:
		var sources []digest.Source
		for _, item := range v.List {
			if item.Kind != matter.List {
				sources = append(sources, listedSources(item)...)
			}
		}
		return sources
	}
	return nil
}
