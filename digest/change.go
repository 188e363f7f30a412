package digest

import (
	"maps"
	"slices"
)

// change replaces a few digests in what a library has filed, and copies only the lists
// that contain them. Everywhere else both libraries share the same slices.
type change struct {
	old, new []*Card            // new[i] takes the place of old[i]
	done     map[**Card][]*Card // finished lists, by the first element of the original
}

// mostChanges limits how many digests are replaced one by one, because each is looked
// for in every list. With more, everything is filed again.
const mostChanges = 16

// changed compares the digests of a library with those of the next. ok is false unless
// both are filed alike: the same order, and for each digest the same categories, tags
// and story tags.
func changed(old, next []*Card) (_ *change, ok bool) {
	c := &change{done: map[**Card][]*Card{}}
	if len(old) != len(next) {
		return nil, false
	}
	for i, was := range old {
		is := next[i]
		if was == is {
			continue
		}
		if len(c.old) == mostChanges || !sameTags(was, is) || !slices.Equal(was.Categories, is.Categories) {
			return nil, false
		}
		c.old, c.new = append(c.old, was), append(c.new, is)
	}
	return c, true
}

// sameTags reports whether two digests, and their stories, have the same tags.
func sameTags(a, b *Card) bool {
	return slices.Equal(a.Tags, b.Tags) && slices.Equal(a.storyTags(), b.storyTags())
}

// storyTags returns the tags of each story, separated by tabs.
func (c *Card) storyTags() (tags []string) {
	if c.marks.tagged() {
		for _, k := range c.marks.stories() {
			tags = append(tags, k.tags)
		}
	}
	return tags
}

func (c *change) digests(list []*Card) []*Card {
	if len(list) == 0 {
		return list
	}
	// The same list often appears in several places.
	if done, ok := c.done[&list[0]]; ok {
		return done
	}
	out := list
	for i, was := range c.old {
		at := slices.Index(list, was)
		if at < 0 {
			continue
		}
		if same(out, list) {
			out = slices.Clone(list)
		}
		out[at] = c.new[i]
	}
	c.done[&list[0]] = out
	return out
}

func (c *change) categories(old map[string][]*Card) map[string][]*Card {
	out := maps.Clone(old)
	for key, list := range old {
		out[key] = c.digests(list)
	}
	return out
}

func (c *change) tags(old []Tag) []Tag {
	out := old
	for i, t := range old {
		next := c.digests(t.Digests)
		if same(next, t.Digests) {
			continue
		}
		if same(out, old) {
			out = slices.Clone(old)
		}
		out[i].Digests = next
	}
	return out
}

func (c *change) lookUps(old map[string]*Tagged) map[string]*Tagged {
	out := maps.Clone(old)
	for key, t := range old {
		digests, related := c.digests(t.Digests), c.tags(t.Related)
		if same(digests, t.Digests) && same(related, t.Related) {
			continue
		}
		next := *t
		next.Digests, next.Related = digests, related
		out[key] = &next
	}
	return out
}

// same reports whether two slices of equal length are the same slice.
func same[T any](a, b []T) bool { return len(a) == 0 || &a[0] == &b[0] }
