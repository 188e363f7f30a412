package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/digestbot/digestbot/.ci/bench/site"
)

func main() {
	n, _ := strconv.Atoi(os.Args[2])
	fmt.Println(site.Generate(os.Args[1], n))
}
