//! The walls of the design, read from the sources: which room may import which, and which dependency, and `unsafe`, each room
//! has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The rooms in reading order. A file imports from its own room and from those above it in this list.
const ROOMS: [&str; 9] = ["text", "error", "num", "formula", "oracle", "kernel", "backend", "bench", "sweep"];

/// Files of a room that import each other and are therefore read as one: the traits and the table that define arithmetic.
const MUTUAL: [&str; 3] = ["num", "num::operator", "num::bits"];

/// What may be named where: a word of the source, and the beginnings of the files that may have it.
const WALLS: [(&str, &[&str]); 14] = [
    ("wgpu::", &["src/backend/gpu/"]),
    ("wide::", &["src/kernel/cpu/portable.rs"]),
    ("std::arch", &["src/kernel/cpu/"]),
    ("unsafe {", &["src/kernel/cpu/", "src/backend/team/mod.rs"]),
    ("unsafe fn", &["src/kernel/cpu/"]),
    ("rayon::", &["src/backend/threads.rs", "src/backend/team/"]),
    ("memmap2::", &["src/backend/memory.rs"]),
    ("tiny_skia::", &["report/src/"]),
    ("anstream::", &["cli/src/screen.rs"]),
    ("anstyle::", &["cli/src/screen.rs"]),
    ("clap::", &["cli/src/"]),
    ("clap_complete::", &["cli/src/definition.rs"]),
    ("clap_mangen::", &["cli/src/definition.rs"]),
    ("npyz::", &["cli/src/eval/"]),
];

/// The packages, by where their sources are.
const PACKAGES: [&str; 3] = ["src", "report/src", "cli/src"];

/// The longest file, in lines.
const LONGEST: usize = 420;

/// A source file: its module's path, such as `kernel::cpu::drive`, and its text.
struct Source {
    module: String,
    path: String,
    text: String,
}

/// Returns the source files of a package.
fn sources(package: &str) -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join(package);
    let mut paths = Vec::new();
    collect(&src, &mut paths);
    paths.sort();
    let source = |path: PathBuf| {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        let module = name.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        Source { module, path: format!("{package}/{name}"), text: fs::read_to_string(&path).unwrap() }
    };
    paths.into_iter().map(source).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What one file names of this crate.
#[derive(Default)]
struct Named {
    /// The module that is being read, from the root.
    module: Vec<String>,
    /// Imported paths, from the root.
    paths: Vec<Vec<String>>,
    /// Names that the file's module re-exports, and what they stand for.
    exports: Vec<(String, Vec<String>)>,
    /// Modules that the file declares, and those of them that only tests have.
    children: Vec<String>,
    test_modules: Vec<String>,
}

impl Named {
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut base = self.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {}
            first if self.children.iter().any(|child| child == first) => {}
            _ => return None,
        }
        while rest.first().is_some_and(|first| first == "super") {
            base.pop();
            rest = &rest[1..];
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    fn flatten(&mut self, tree: &syn::UseTree, before: &[String], exported: bool) {
        let mut path = before.to_vec();
        let (name, original) = match tree {
            syn::UseTree::Path(part) => {
                path.push(part.ident.to_string());
                return self.flatten(&part.tree, &path, exported);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.flatten(item, before, exported));
                return;
            }
            syn::UseTree::Name(name) => (name.ident.to_string(), name.ident.to_string()),
            syn::UseTree::Rename(renamed) => (renamed.rename.to_string(), renamed.ident.to_string()),
            syn::UseTree::Glob(_) => ("*".to_owned(), "self".to_owned()),
        };
        if original != "self" {
            path.push(original);
        }
        let Some(found) = self.absolute(&path) else { return };
        if exported { self.exports.push((name, found)) } else { self.paths.push(found) }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => {
            let tokens = list.tokens.to_string();
            list.path.is_ident("cfg") && (tokens == "test" || tokens.contains("test ,") || tokens == "doctest")
        }
        _ => false,
    })
}

impl<'a> Visit<'a> for Named {
    fn visit_file(&mut self, file: &'a syn::File) {
        let modules = file.items.iter().filter_map(|item| match item {
            syn::Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        });
        self.children = modules.collect();
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'a syn::Item) {
        match item {
            syn::Item::Use(found) if !is_test(&found.attrs) => {
                let exported = !matches!(found.vis, syn::Visibility::Inherited);
                self.flatten(&found.tree, &[], exported);
            }
            syn::Item::Mod(module) if is_test(&module.attrs) => self.test_modules.push(module.ident.to_string()),
            syn::Item::Mod(module) => {
                self.module.push(module.ident.to_string());
                visit::visit_item_mod(self, module);
                self.module.pop();
            }
            syn::Item::Fn(function) if is_test(&function.attrs) => {}
            syn::Item::Impl(block) if is_test(&block.attrs) => {}
            _ => visit::visit_item(self, item),
        }
    }

    /// Where something is visible is no import.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.paths.extend(self.absolute(&names).filter(|_| names.len() > 1));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'a syn::Macro) {
        // The tokens of a macro are no syntax yet; a path from the root can be recognised nevertheless.
        let tokens = found.tokens.to_string().replace(' ', "");
        let from_root = tokens.match_indices("crate::").filter(|(at, _)| !tokens[..*at].ends_with('$'));
        for (at, _) in from_root {
            let text: String =
                tokens[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
            let names: Vec<String> = text.split("::").map(str::to_owned).collect();
            self.paths.extend(self.absolute(&names));
        }
    }
}

/// Returns, for each module, the modules that it imports from.
fn imports(package: &str) -> BTreeMap<String, BTreeSet<String>> {
    let sources = sources(package);
    let mut named: BTreeMap<String, Named> = BTreeMap::new();
    for source in &sources {
        let module: Vec<String> =
            source.module.split("::").filter(|name| !["lib", "main"].contains(name)).map(str::to_owned).collect();
        let mut found = Named { module, ..Named::default() };
        found.visit_file(&syn::parse_file(&source.text).unwrap());
        named.insert(found.module.join("::"), found);
    }
    let tests: BTreeSet<String> = named
        .iter()
        .flat_map(|(module, named)| named.test_modules.iter().map(move |test| format!("{module}::{test}")))
        .map(|name| name.trim_start_matches("::").to_owned())
        .collect();
    named
        .iter()
        .filter(|(module, _)| !module.is_empty() && !tests.contains(*module))
        .map(|(module, found)| {
            let targets = found.paths.iter().map(|path| defining(&named, path));
            (module.clone(), targets.filter(|target| target != module).collect())
        })
        .collect()
}

/// Returns the module that defines what a path names, through re-exports.
fn defining(named: &BTreeMap<String, Named>, path: &[String]) -> String {
    let mut path = path.to_vec();
    'again: loop {
        let depth = (0..=path.len()).rev().find(|depth| named.contains_key(&path[..*depth].join("::"))).unwrap_or(0);
        let module = path[..depth].join("::");
        if let Some(name) = path.get(depth) {
            for (exported, target) in &named[&module].exports {
                if exported == name && target[..] != path[..=depth] {
                    path = [target.clone(), path[depth + 1..].to_vec()].concat();
                    continue 'again;
                }
            }
        }
        return module;
    }
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

#[test]
fn imports_point_to_rooms_below() {
    let rank = |module: &str| ROOMS.iter().position(|name| *name == room(module));
    let mut wrong = Vec::new();
    for (module, targets) in imports("src") {
        let own = rank(&module).unwrap_or_else(|| panic!("{module} is in no room"));
        for target in targets {
            match rank(&target) {
                Some(other) if other <= own => {}
                Some(_) => wrong.push(format!("{module} imports {target}, which is above it")),
                None => wrong.push(format!("{module} imports from the crate's root instead of from a room")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns every module that is imported from one, directly or through others.
fn reach<'m>(imports: &'m BTreeMap<String, BTreeSet<String>>, from: &String) -> BTreeSet<&'m String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&String> = imports[from].iter().collect();
    while let Some(module) = next.pop() {
        if found.insert(module) {
            next.extend(imports.get(module).into_iter().flatten());
        }
    }
    found
}

/// Returns the imports by which files of a package form circles. A re-export is another name of what it names, and no import: a
/// folder that names its files' contents anew imports nothing from them.
fn circles(package: &str) -> Vec<String> {
    let mutual = |module: &str| if MUTUAL.contains(&module) { "num".to_owned() } else { module.to_owned() };
    let mut merged: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, targets) in imports(package) {
        let own = mutual(&module);
        let targets = targets.iter().map(|target| mutual(target)).filter(|target| *target != own);
        merged.entry(own.clone()).or_default().extend(targets);
    }
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        merged.keys().map(|from| (from, reach(&merged, from))).collect();
    merged
        .iter()
        .flat_map(|(from, targets)| targets.iter().map(move |to| (from, to)))
        .filter(|(from, to)| reached.get(to).is_some_and(|reached| reached.contains(from)))
        .map(|(from, to)| format!("{package}: {from} → {to}"))
        .collect()
}

#[test]
fn files_form_no_circle() {
    let found: Vec<String> = PACKAGES.into_iter().flat_map(circles).collect();
    assert!(found.is_empty(), "imports in circles:\n{}", found.join("\n"));
}

#[test]
fn dependencies_stay_behind_their_walls() {
    let sources: Vec<Source> = PACKAGES.into_iter().flat_map(sources).collect();
    assert!(sources.len() > 20);
    for source in &sources {
        // Code alone: what a comment or the documentation names, it does not use.
        let code = source.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for (word, rooms) in WALLS {
                let inside = rooms.iter().any(|room| source.path.starts_with(room));
                assert!(
                    !line.contains(word) || inside,
                    "{} has `{word}`, which stays in {rooms:?}: {line}",
                    source.path
                );
            }
        }
        let lines = source.text.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines: is it still one room?", source.path);
    }
}

#[test]
fn the_house_has_few_doors() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (folders, files): (Vec<_>, Vec<_>) =
        fs::read_dir(src).unwrap().map(|entry| entry.unwrap().path()).partition(|path| path.is_dir());
    assert!(folders.len() <= 10, "{folders:?}");
    assert!(files.len() <= 4, "{files:?}");
}
