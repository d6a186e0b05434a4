package pipeline

import (
	"path"
	"strings"
)

const schemeS3 = "s3://"

// s3 returns Argo's form of a place in S3, nil for a text that is none.
func (b *builder) s3(uri text) object {
	if len(uri) == 0 || uri.ofTask() {
		return nil
	}
	bucket, key, ok := splitURI(uri.merged())
	if !ok {
		return nil
	}
	s3 := object{"bucket": bucket, "key": key, "endpoint": b.options.S3Endpoint, "useSDKCreds": true}
	if b.options.Region != "" {
		s3["region"] = b.options.Region
	}
	return s3
}

// splitURI splits s3://bucket/key. Where the bucket ends inside an expression,
// the parts are expressions that split when the workflow runs.
func splitURI(uri text) (bucket, key string, ok bool) {
	if uri[0].expression != "" {
		expression := uri.expression()
		return "{{=sprig.regexReplaceAll('^s3://([^/]+).*$', " + expression + ", '${1}')}}",
			"{{=sprig.regexReplaceAll('^s3://[^/]+/?', " + expression + ", '')}}", true
	}
	rest, isS3 := strings.CutPrefix(uri[0].literal, schemeS3)
	if !isS3 {
		return "", "", false
	}
	tail := append(text{{literal: rest}}, uri[1:]...)
	for i, p := range tail {
		before, after, found := strings.Cut(p.literal, "/")
		if p.expression != "" || !found {
			continue
		}
		head := append(append(text{}, tail[:i]...), piece{literal: before})
		return head.template(), append(text{{literal: after}}, tail[i+1:]...).template(), head.template() != ""
	}
	return tail.template(), "", tail.template() != ""
}

// below adds path elements to a URI.
func below(uri text, elements ...piece) text {
	out := append(text{}, uri...)
	if last := len(out) - 1; last >= 0 && out[last].expression == "" {
		out[last].literal = strings.TrimRight(out[last].literal, "/")
	}
	for _, e := range elements {
		out = append(out, piece{literal: "/"}, e)
	}
	return out
}

// placed returns where a URI's contents come to lie under a folder: SageMaker
// keeps the name of a single object, and copies what is below a prefix.
func placed(folder, uri string) string {
	if base := path.Base(uri); path.Ext(base) != "" && !strings.HasSuffix(uri, "/") {
		return path.Join(folder, base)
	}
	return folder
}

// input is something that a container finds at a path.
type input struct {
	name, folder string
	value        any
}

// artifact makes the artifact of an input: from the task that makes it, or from
// its place in S3. Why is set where it is neither.
func (b *builder) artifact(t *task, in input) (why string) {
	name := t.unique(slug(in.name))
	artifact := object{"name": name, "path": placed(in.folder, b.known(in.value))}
	if from, file, subPath := b.madeBy(in.value); from != "" {
		argument := object{"name": name, "from": from}
		if subPath != "" {
			argument["subPath"] = subPath
			artifact["path"] = placed(in.folder, subPath)
		}
		if file != "" {
			artifact["path"] = path.Join(in.folder, file)
		}
		t.artifactArguments = append(t.artifactArguments, argument)
		t.inputs = append(t.inputs, artifact)
		return ""
	}
	s3 := b.s3(b.text(in.value))
	if s3 == nil {
		return "its input " + in.name + " is not a place in S3"
	}
	// Without this Argo unpacks every archive that it fetches.
	artifact["archive"], artifact["s3"] = object{"none": object{}}, s3
	t.inputs = append(t.inputs, artifact)
	return ""
}

// madeBy finds the output of another task that a value is, or lies in.
func (b *builder) madeBy(value any) (from, file, subPath string) {
	if r, ok := referenceOf(value); ok {
		return b.output(r)
	}
	inner, ok := single(value, keyJoin)
	values, _ := at(inner, "Values").([]any)
	on, _ := at(inner, "On").(string)
	if !ok || len(values) < 2 || on != "/" {
		return "", "", ""
	}
	r, ok := referenceOf(values[0])
	if !ok {
		return "", "", ""
	}
	from, file, _ = b.output(r)
	if from == "" || file != "" {
		return "", "", ""
	}
	var rest text
	for i, part := range values[1:] {
		if i > 0 {
			rest = append(rest, piece{literal: "/"})
		}
		rest = append(rest, b.text(part)...)
	}
	if rest.ofTask() {
		return "", "", ""
	}
	return from, "", rest.template()
}

// output finds the artifact that a reference to a step stands for.
func (b *builder) output(r reference) (from, file, subPath string) {
	root, step, rest := r.cut()
	if root != "Steps" {
		return "", "", ""
	}
	name := ""
	if rest == modelPath {
		name = packedModel
	} else if match := outputForm.FindStringSubmatch(rest); match != nil {
		name = match[1]
	}
	made, ok := b.outputs[step][name]
	if !ok || made.task == "" {
		return "", "", ""
	}
	return "{{tasks." + made.task + ".outputs.artifacts." + made.artifact + "}}", made.file, ""
}
