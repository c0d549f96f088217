// Command yaml-values answers, for YAML texts, what Kubernetes' own reader makes of them. It is the other side of the
// agent's test of its YAML reader.
//
// It reads texts from standard input, each after a line with its length in bytes, and writes one line of JSON for
// each: `{"documents": [{"json": …} | {"error": "…"}]}`. Texts are split into documents as kubectl splits them.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	goyaml "go.yaml.in/yaml/v2"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type document struct {
	JSON  json.RawMessage `json:"json,omitempty"`
	Error string          `json:"error,omitempty"`
	// What strict reading has against it besides: keys that stand twice.
	Strict string `json:"strict,omitempty"`
	// There is more in it, which was not read.
	Rest bool `json:"rest,omitempty"`
}

func main() {
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(in io.Reader, out io.Writer) error {
	reader, writer := bufio.NewReader(in), bufio.NewWriter(out)
	defer writer.Flush()
	encoder := json.NewEncoder(writer)
	for {
		line, err := reader.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return nil
		}
		length, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			return fmt.Errorf("expected the length of a text, found %q", line)
		}
		text := make([]byte, length)
		if _, err := io.ReadFull(reader, text); err != nil {
			return err
		}
		if err := encoder.Encode(map[string][]document{"documents": read(text)}); err != nil {
			return err
		}
	}
}

func read(text []byte) []document {
	documents := []document{}
	parts := kubeyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		part, err := parts.Read()
		if errors.Is(err, io.EOF) {
			return documents
		}
		if err != nil {
			return append(documents, document{Error: err.Error()})
		}
		documents = append(documents, value(part))
	}
}

func value(part []byte) document {
	found, err := yaml.YAMLToJSON(part)
	if err != nil {
		return document{Error: err.Error()}
	}
	answer := document{JSON: found, Rest: hasRest(part)}
	if _, err := yaml.YAMLToJSONStrict(part); err != nil {
		answer.Strict = err.Error()
	}
	return answer
}

func hasRest(part []byte) bool {
	decoder := goyaml.NewDecoder(bytes.NewReader(part))
	var first, second any
	return decoder.Decode(&first) == nil && !errors.Is(decoder.Decode(&second), io.EOF)
}
