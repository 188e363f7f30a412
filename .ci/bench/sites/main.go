// Sites builds generated posts with Jekyll and Hugo, and compares the title, day, tags,
// categories, URL and visible words of each page with what digestbot reads from the same
// file and shows. It exits with 1 if there is a difference that is not in intended.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
)

func main() {
	digestbot := flag.String("digestbot", "", "the digestbot to compare")
	hugo := flag.String("hugo", "", "the Hugo to compare it with; empty: only Jekyll")
	seed := flag.Uint64("seed", 1, "of the posts")
	posts := flag.Int("posts", 24, "in each site")
	flag.Parse()
	if err := compare(*digestbot, *hugo, *seed, *posts, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(digestbot, hugo string, seed uint64, posts int, folder string) error {
	g := &generator{rand: rand.New(rand.NewPCG(seed, 0))}
	sites := g.sites("jekyll", posts)
	if hugo != "" {
		sites = append(sites, g.sites("hugo", posts)...)
	}
	for _, s := range sites {
		if err := s.write(folder); err != nil {
			return err
		}
	}
	pages, err := build(sites, hugo)
	if err != nil {
		return err
	}
	var r report
	for _, s := range sites {
		for _, own := range []bool{false, true} {
			readings, err := s.ask(digestbot, own)
			if err != nil {
				return err
			}
			for _, p := range s.posts {
				r.post(s, p, own, pages[s][s.pathOf(p)], readings[p.file])
			}
		}
	}
	return r.end()
}
