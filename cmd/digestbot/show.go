package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/source"
)

type showCmd struct {
	JSON   bool     `help:"Print one JSON object a line."`
	Why    bool     `help:"Explain how each block of a file was interpreted, and by which rule or part of the layout."`
	Layout string   `placeholder:"FILE|none" help:"Read with a layout that digestbot layout printed; none reads without a layout."`
	Paths  []string `arg:"" name:"path" help:"Files and folders of digests."`
}

// Run prints what was read from the files. Files of a library are read with its settings.
func (cmd showCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf := p.configIfAny(c)
	var options []source.Option
	switch cmd.Layout {
	case "":
	case "none":
		options = append(options, source.WithLayout(nil))
	default:
		text, err := os.ReadFile(cmd.Layout)
		if err != nil {
			return err
		}
		given, err := layout.Parse(text)
		if err != nil {
			return fmt.Errorf("%s: %w", cmd.Layout, err)
		}
		options = append(options, source.WithLayout(given))
	}
	if cmd.Why {
		options = append(options, source.WithReasons(func(file string, reasons []markdown.Reason) { cmd.why(p, file, reasons) }))
	}
	read, err := p.libraries(conf, c).Digests(ctx, cmd.Paths, options...)
	if err != nil || cmd.Why {
		return err
	}
	return cmd.show(p, read)
}

// reason is a reason as show --why --json prints it.
type reason struct {
	File   string `json:"file"`
	Line   int32  `json:"line"`
	Column int32  `json:"column"`
	Block  string `json:"block"`
	As     string `json:"as"`
	Rule   string `json:"rule"`
	Words  string `json:"words"`
}

// why prints how the blocks of a file were interpreted.
func (cmd showCmd) why(p *program, file string, reasons []markdown.Reason) {
	out := p.json()
	if !cmd.JSON {
		p.printf("%s\n", digest.Printable(file))
	}
	for _, x := range reasons {
		if cmd.JSON {
			_ = out.Encode(reason{jsonName(file), x.At.Line, x.At.Column, x.Block, x.As, x.Rule, x.Words})
			continue
		}
		p.printf("%5d  %-23s  %s\n       %s: %s\n", x.At.Line, x.As, abbreviated(x.Words, 60), x.Block, x.Rule)
	}
}

// abbreviated returns text, cut to most characters.
func abbreviated(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// show prints digests. It fails if one of them reports that a bug kept it from being read.
func (cmd showCmd) show(p *program, read []*digest.Digest) error {
	out := p.json()
	for _, d := range read {
		if cmd.JSON {
			if err := out.Encode(shownDigest(d)); err != nil {
				return err
			}
			continue
		}
		p.showDigest(d)
	}
	if slices.ContainsFunc(read, func(d *digest.Digest) bool {
		return slices.ContainsFunc(d.Problems, func(x digest.Problem) bool { return x.Code == source.CodeInternal })
	}) {
		return errSilent
	}
	return nil
}

// shown is a digest as show --json prints it, with plain text.
type shown struct {
	File       string         `json:"file"`
	Title      string         `json:"title"`
	Date       string         `json:"date"`
	URL        string         `json:"url"`
	Author     string         `json:"author"`
	Source     string         `json:"source"`
	Language   string         `json:"language"`
	Categories []string       `json:"categories"`
	Tags       []string       `json:"tags"`
	Lead       string         `json:"lead"`
	Stories    []shownStory   `json:"stories"`
	Sections   []shownSection `json:"sections"`
	Problems   []shownProblem `json:"problems"`
}

type shownStory struct {
	Headline string        `json:"headline"`
	Group    string        `json:"group"`
	Tags     []string      `json:"tags"`
	Score    string        `json:"score"`
	Summary  string        `json:"summary"`
	Sources  []shownSource `json:"sources"`
}

type shownSource struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

type shownSection struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

type shownProblem struct {
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

func shownDigest(d *digest.Digest) shown {
	s := shown{
		File: jsonName(d.File), Title: d.Title, URL: d.URL, Author: d.Author, Source: d.Source, Language: d.Language,
		Categories: append([]string{}, d.Categories...), Tags: append([]string{}, d.Tags...), Lead: d.Lead.String(),
		Stories: []shownStory{}, Sections: []shownSection{}, Problems: []shownProblem{},
	}
	if !d.Date.IsZero() {
		s.Date = d.Date.Format("2006-01-02")
	}
	for _, story := range d.Stories {
		sources := []shownSource{}
		for _, source := range story.Sources {
			sources = append(sources, shownSource(source))
		}
		s.Stories = append(s.Stories, shownStory{story.Headline, story.Group, append([]string{}, story.Tags...), story.Score, story.Summary.String(), sources})
	}
	for _, section := range d.Sections {
		s.Sections = append(s.Sections, shownSection{section.Title, section.Text.String()})
	}
	for _, x := range d.Problems {
		s.Problems = append(s.Problems, shownProblem{x.Line, x.Column, x.Severity.String(), x.Code, x.Message})
	}
	return s
}

// showDigest prints a digest for people.
func (p *program) showDigest(d *digest.Digest) {
	s := shownDigest(d)
	p.printf("%s\n", digest.Printable(d.File))
	for _, line := range [][2]string{
		{"title", s.Title}, {"date", s.Date}, {"url", s.URL}, {"author", s.Author}, {"source", s.Source}, {"language", s.Language},
		{"categories", strings.Join(s.Categories, ", ")}, {"tags", strings.Join(s.Tags, ", ")},
	} {
		if line[1] != "" {
			p.printf("  %-11s %s\n", line[0], line[1])
		}
	}
	p.showText("\n", s.Lead)
	for i, story := range s.Stories {
		p.printf("\n  %d. %s\n", i+1, story.Headline)
		for _, line := range [][2]string{{"group", story.Group}, {"tags", strings.Join(story.Tags, ", ")}, {"score", story.Score}} {
			if line[1] != "" {
				p.printf("     %-11s %s\n", line[0], line[1])
			}
		}
		p.showText("", story.Summary)
		for _, source := range story.Sources {
			p.printf("     → %s\n", strings.TrimSpace(source.Title+" "+source.URL))
		}
	}
	for _, section := range s.Sections {
		p.printf("\n  %s\n", section.Title)
		p.showText("", section.Text)
	}
	for _, x := range s.Problems {
		p.printf("\n  ")
		p.problem(d.File, x)
	}
	p.printf("\n")
}

func (p *program) showText(before, text string) {
	if text != "" {
		p.printf("%s     %s\n", before, strings.ReplaceAll(text, "\n", "\n     "))
	}
}
