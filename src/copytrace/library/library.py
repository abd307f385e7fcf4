"""A library of images that changes: add, remove, look up."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, get_args

from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY, Choice
from copytrace.engines import LocalEngine, MemoryLedger, temporary_ledger
from copytrace.errors import DescriptorError, InputError
from copytrace.files import check_output, lock
from copytrace.images import ImageList, list_images
from copytrace.library.additions import Addition, gone
from copytrace.library.catalogue import Catalogue, now
from copytrace.library.check import check_library
from copytrace.library.creation import create_library, restore_library
from copytrace.library.export import export_items
from copytrace.library.keypoints import add_keypoints, drop_keypoints, drop_unused
from copytrace.library.library_model import LibraryModel, UpgradedError, discard_files, load_library_model
from copytrace.library.local_shelf import LocalShelf
from copytrace.library.lookups import Asked, Lookups
from copytrace.library.milvus_shelf import MilvusShelf
from copytrace.library.picture_rows import ItemPictures, ItemsById, Sources
from copytrace.library.pictures import Query, describe_picture, queries_of
from copytrace.library.place import Place, require_local
from copytrace.library.records import Changes, Settings, Stats, Verdict
from copytrace.library.upgrade import Upgraded, upgrade_library
from copytrace.library.upgraded_rows import drop_from_upgrades
from copytrace.library.uploads import Described, add_upload, delete_uploads
from copytrace.matching import DEFAULT_PRIOR, VERIFIERS
from copytrace.pipelines.chunks import describe_chunk, split
from copytrace.pipelines.effort import EFFORTS
from copytrace.pipelines.on_device import engine_for, on_device
from copytrace.pipelines.thresholds import asked_threshold, check_prior
from copytrace.pipelines.verify_pairs import Verification
from copytrace.progress import SILENT
from copytrace.records import Failure
from copytrace.stores import is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from copytrace.descriptors import Device, Model
    from copytrace.images import ImageFile, Picture, Thumbnail
    from copytrace.library.records import Checked, Item, Lookup
    from copytrace.library.review_queue import Review
    from copytrace.library.shelf import Shelf
    from copytrace.pipelines.effort import EffortName
    from copytrace.pipelines.on_device import AskedDevice
    from copytrace.progress import Progress
    from copytrace.records import Float32Array

Result = TypeVar("Result")

_MANY = 1 << 20
"""From this number of distances, computing them takes longer than loading compiled code."""
HITS = 10
"""Default number of items per lookup."""


class Library:
    """A library of images in a folder; see docs/library.md.

    ::

        Library.create("library")
        with Library.open("library") as library:
            library.add("photos")
            for hit in library.lookup("suspect.jpg").copies:
                print(hit.id, hit.path, hit.probability)

    The changes of a call are on disk when it returns. Any number of processes may look up while one changes the
    library. Each open library serves one thread at a time.
    """

    def __init__(self, place: Place, catalogue: Catalogue, *, lookups: int | None) -> None:
        self._place = place
        self._catalogue = catalogue
        self._shelf: Shelf
        if catalogue.settings.store:
            self._shelf = MilvusShelf(place.folder, catalogue)
        else:
            codes = lookups is None or lookups * catalogue.count() >= _MANY
            self._shelf = LocalShelf(place, catalogue, codes=codes)
        self._lookups = Lookups(place, catalogue, self._shelf)
        self._loaded: tuple[Settings, LibraryModel] | None = None
        self._device: Device = "cpu"

    @classmethod
    def create(
        cls,
        path: Path | str,
        *,
        model: str = DEFAULT,
        quality: str = DEFAULT_QUALITY,
        background: Path | str | None = None,
        ids: Literal["path", "stem"] = "path",
        keypoints: bool = False,
        store: str = "",
    ) -> None:
        """Create an empty library.

        Args:
            path: the folder; it must not exist, or be empty.
            model: the descriptor, see `copytrace models`; or a folder with a network and its card.
            quality: `fast`, `default` or `best`, if the model has them.
            background: a file of `copytrace fit-background`, instead of the model's own; it is copied.
            ids: `path`: IDs are paths within what is added; `stem`: file names without the extension.
            keypoints: extract the features that lookups compare when images are added, 130 KB per image. By default,
                they are extracted when a lookup first needs them.
            store: keep the vectors in Milvus, in a new collection: `milvus://HOST:PORT/NAME`. By default the folder
                contains them.

        Raises:
            InputError: the folder is not empty, or is on a network file system; or the store's address is invalid.
            DescriptorError: the model or quality does not exist, or the background does not match it.
            StoreError: Milvus cannot be reached, or has a collection of this name.
            MissingDependencyError: `store`, and pymilvus is not installed.
        """
        create_library(path, model, quality, background=background, ids=ids, keypoints=keypoints, store=store)

    @classmethod
    def restore(cls, path: Path | str, store: str, *, background: Path | str | None = None) -> None:
        """Restore the lost folder of a library from its collection in Milvus.

        Items have the paths and metadata that they were added with; `add` and `sync` update them. Decisions,
        the review queue, and files of images that were added as bytes are lost.

        Args:
            path: the folder; it must not exist, or be empty.
            store: the address of the collection.
            background: the owner's background that the library was created with, if any.

        Raises:
            InputError: the folder is not empty, or is on a network file system; or the store's address is invalid.
            StoreError: Milvus cannot be reached, or there is no library in the collection.
            MissingDependencyError: pymilvus is not installed.
        """
        restore_library(path, store, background)

    @staticmethod
    def is_at(path: Path | str) -> bool:
        """Whether there is a library at a path."""
        return Place(Path(path)).catalogue.is_file()

    @classmethod
    def open(cls, path: Path | str, *, lookups: int | None = None) -> Self:
        """Open a library; close it after use, or use it in a `with` block.

        Args:
            path: its folder.
            lookups: expected number of lookups: for a few, preparing the vectors does not pay off. None for many.

        Raises:
            InputError: there is no library, or it is on a network file system.
            CopytraceError: one of its files is missing or damaged.
        """
        place = Place(Path(path).resolve())
        place.require()
        require_local(place.folder)
        return cls(place, Catalogue(place.catalogue), lookups=lookups)

    def describe_on(self, device: AskedDevice, progress: Progress = SILENT) -> None:
        """Choose the device for describing images: `cpu`, `cuda`, or `auto`, the GPU if there is one.

        Raises:
            NoGpuError: `cuda` cannot be used.
            DescriptorError: the library's model cannot be loaded.
        """
        self._device = "cpu" if device == "cpu" else on_device(self._choice, device, progress).device
        self._loaded = None

    def close(self) -> None:
        """Close the library."""
        self._shelf.close()
        self._catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self._catalogue.count()

    @property
    def path(self) -> Path:
        """The folder."""
        return self._place.folder

    @property
    def settings(self) -> Settings:
        """The settings that the library was created with, or upgraded to."""
        self._catalogue.refresh()
        return self._catalogue.settings

    # Changes.

    def add(
        self,
        images: Path | str | ImageList,
        *,
        metadata: Mapping[str, Mapping[str, Any]] | None = None,
        replace: bool = False,
        workers: int | None = None,
        strict: bool = False,
        progress: Progress = SILENT,
    ) -> Changes:
        """Add images; unchanged images that are in the library already are not opened.

        The same call resumes an interrupted addition. A file that has moved keeps its vector.

        Args:
            images: a folder, a list file, tar files, one image, or a URL of them; see `list_images`.
            metadata: the owner's data on images, such as licence and credit, by ID; merged into existing data.
            replace: an image with an existing ID replaces the other one; otherwise it is a failure.
            workers: processes; all cores by default.
            strict: stop at the first image that cannot be used, instead of skipping it.
            progress: reports progress.

        Raises:
            InputError: the images cannot be listed, or another process is changing the library.
            DescriptorError: the library's model is not available any more.
            StrictError: `strict`, and an image cannot be used.
        """
        with self._changing():
            listed = self.listed(images, progress)
            adding = self._addition(listed, metadata or {}, replace=replace)
            return self._finished(adding.run(workers, progress, strict=strict), listed, workers, progress)

    def describe(self, data: bytes) -> Described:
        """Describe an image for `add_bytes`, possibly in another process; changes nothing.

        Raises:
            ImageError: it cannot be decoded.
            DescriptorError: the library's model is not available any more.
        """
        described = self._latest(lambda: describe_picture(data, self._model()))
        return Described(described.vector, described.bias, self._catalogue.settings.version)

    def add_bytes(
        self,
        item_id: str,
        data: bytes,
        *,
        described: Described | None = None,
        metadata: Mapping[str, Any] | None = None,
        replace: bool = False,
    ) -> tuple[Item, bool]:
        """Add an image from bytes; the library stores its file.

        Args:
            item_id: its ID.
            data: the file.
            described: the result of `describe`, if it was called before.
            metadata: the owner's data on it; merged into existing data.
            replace: replace another image with this ID.

        Returns:
            The item, and whether its image is new.

        Raises:
            ImageError: it cannot be decoded.
            ItemExistsError: the ID belongs to another image.
            InputError: another process is changing the library.
            DescriptorError: the library's model is not available any more.
            UpgradedError: the library has been upgraded to another model since `describe`; describe the image again.
        """
        known = described or self.describe(data)
        with self._changing():
            if known.version not in {"", self._catalogue.settings.version}:
                if described is not None:
                    raise UpgradedError(self.path)
                known = self.describe(data)
            return add_upload(
                self._place,
                self._catalogue,
                self._shelf,
                item_id,
                data,
                known,
                metadata or {},
                replace_other=replace,
            )

    def sync(
        self,
        folder: Path | str,
        *,
        exclude: Sequence[str] = (),
        workers: int | None = None,
        strict: bool = False,
        progress: Progress = SILENT,
    ) -> Changes:
        """Synchronise the library with a folder: add new images, remove missing ones, describe changed ones again.

        Only images that were added from this folder are removed. A file that moved within it keeps its metadata. Paths
        that match a pattern of `exclude` count as gone; see `list_images`.

        Raises:
            InputError: as `add`; in particular if there is no image at all, for example because a disk is not mounted.
        """
        with self._changing():
            listed = self.listed(folder, progress, exclude=exclude)
            gone_items = gone(self._catalogue, listed)
            heirs = {item.content_sha256: item for item in gone_items}
            adding = self._addition(listed, {}, replace=True, heirs=heirs)
            changes = adding.run(workers, progress, strict=strict)
            # A file that moved and kept its ID is no longer at its old path.
            left = [item.id for item in gone_items if self._catalogue.item(item.id) == item]
            self._remove(left)
            changes = replace(changes, removed=len(left))
            return self._finished(changes, listed, workers, progress)

    def _finished(
        self, changes: Changes, listed: ImageList, workers: int | None, progress: Progress
    ) -> Changes:
        """The changes, with what the listing skipped; extracts the items' features if the settings say so."""
        failures = listed.failures + changes.failures
        if changes.replaced:
            drop_unused(self._place, self._catalogue)
        if self.settings.keypoints:
            ids, engine = (image.id for image in listed), LocalEngine(workers)
            failures += tuple(
                add_keypoints(
                    self._place, self._catalogue, ids, count=len(listed), engine=engine, progress=progress
                )
            )
        return replace(changes, failures=failures, left_out=listed.left_out)

    def remove(self, ids: Iterable[str], *, purge: bool = False) -> tuple[Failure, ...]:
        """Remove items, so that they are no longer found.

        Args:
            ids: the items.
            purge: erase their vectors, metadata and decisions from the library's files at once, as after a takedown.
                Otherwise a vector stays until much of its segment has been removed. The features of their pictures are
                erased in both cases.

        Returns:
            The IDs that are not in the library, with that reason.

        Raises:
            InputError: another process is changing the library.
            CopytraceError: `purge` is set, and a process that is looking up blocks it for too long; repeat it.
        """
        with self._changing():
            wanted = list(dict.fromkeys(ids))
            known = self._catalogue.known(wanted)
            there = [item_id for item_id in wanted if item_id in known]
            self._remove(there, purge=purge)
            return tuple(
                Failure(item_id, "is not in the library") for item_id in wanted if item_id not in known
            )

    def _remove(self, ids: Sequence[str], *, purge: bool = False) -> None:
        items = [item for item, _ in self._catalogue.known(ids).values()]
        self._shelf.remove(ids, purge=purge)
        delete_uploads(self._place, self._catalogue, items)
        drop_keypoints(self._place, self._catalogue, items)
        drop_from_upgrades(self._place, ids)
        if purge:
            drop_unused(self._place, self._catalogue)
            self._catalogue.erase()

    def decide(self, query_sha256: str, item_id: str, verdict: Verdict, by: str = "") -> None:
        """Record a person's decision about a picture and an item; later lookups of the picture report it.

        Args:
            query_sha256: digest of the picture's file, as in `Lookup`.
            item_id: the item.
            verdict: `copy`, `same_scene` or `no_copy`.
            by: who decided.

        Raises:
            InputError: the item or verdict does not exist, or another process is changing the library.
        """
        if verdict not in get_args(Verdict):
            raise InputError(f"'{verdict}' is not a verdict; expected one of: {', '.join(get_args(Verdict))}")
        with self._changing():
            if self._catalogue.item(item_id) is None:
                raise InputError(f"{self.path}: has no item {item_id!r}.")
            with self._catalogue.writing():
                self._catalogue.decide(query_sha256, item_id, verdict, by)

    def undecide(self, query_sha256: str, item_id: str) -> None:
        """Forget a person's decision about a picture and an item.

        Raises:
            InputError: another process is changing the library.
        """
        with self._changing(), self._catalogue.writing():
            self._catalogue.undecide(query_sha256, item_id)

    def ask_about(
        self, query_sha256: str, query: str, picture: Thumbnail, hits: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Add the uncertain matches of a picture to the review queue.

        Args:
            query_sha256: digest of the picture's file.
            query: the picture's name.
            picture: a small JPEG of it, and its size.
            hits: the matches, as returned by `Hit.to_dict`, by item.

        Raises:
            InputError: another process is changing the library.
        """
        with self._changing(), self._catalogue.writing():
            self._catalogue.reviews.ask(query_sha256, query, now(), picture, hits)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Lock the library for changes by this process."""
        with lock(self.path, self.path, "Wait until it ends."):
            self._place.make_folders()
            self._catalogue.refresh()
            discard_files(self._place, self._catalogue.settings)
            self._shelf.tidy()
            yield

    def _latest(self, work: Callable[[], Result]) -> Result:
        """Do work with the library's model, and repeat it if another process upgrades the library meanwhile."""
        while True:
            self._catalogue.refresh()
            settings = self._catalogue.settings
            try:
                return work()
            except DescriptorError:
                self._catalogue.refresh()
                if self._catalogue.settings == settings:
                    raise

    def listed(
        self, images: Path | str | ImageList, progress: Progress = SILENT, *, exclude: Sequence[str] = ()
    ) -> ImageList:
        """List images with the IDs of this library, without reading them.

        Raises:
            SourceError: they cannot be listed, or two would have the same ID.
        """
        if isinstance(images, str | Path):
            here = images if is_remote(str(images)) else Path(images).absolute()
            images = list_images(here, ids=self.settings.ids, exclude=exclude, progress=progress)
        for notice in images.notices:
            progress.note(notice)
        return images

    def _addition(
        self,
        listed: ImageList,
        metadata: Mapping[str, Mapping[str, Any]],
        *,
        replace: bool,
        heirs: Mapping[str, Item] | None = None,
    ) -> Addition:
        return Addition(
            self._catalogue,
            self._shelf,
            listed.source,
            listed,
            self._choice,
            self._model(),
            metadata,
            replace=replace,
            heirs=heirs or {},
        )

    def upgrade(
        self,
        *,
        model: str | None = None,
        quality: str | None = None,
        background: Path | str | None = None,
        drop_missing: bool = False,
        device: AskedDevice = "cpu",
        workers: int | None = None,
        progress: Progress = SILENT,
    ) -> Upgraded:
        """Describe all images again with another model, or with a new version of the same one.

        Lookups and changes continue with the earlier vectors until the new ones are complete. Then one transaction
        replaces them. The same call resumes an interrupted upgrade.

        Args:
            model: the new model; by default the one of this name that is installed now.
            quality: its quality; by default as before, if the model has it.
            background: a file of `copytrace fit-background`, instead of the model's own; it is copied.
            drop_missing: remove images that cannot be described again, because their files are gone or have changed.
            device: `cpu`, `cuda`, or `auto`, the GPU if there is one.
            workers: processes; all cores by default.
            progress: reports progress.

        Raises:
            DescriptorError: the model or quality does not exist, or the background does not match it.
            IncompleteUpgradeError: images cannot be described again; the library keeps its vectors.
            InputError: the library's vectors are in Milvus, or another process is upgrading or changing the library.
        """
        self._catalogue.refresh()
        return upgrade_library(
            self._place,
            self._catalogue,
            self._changing,
            model,
            quality,
            background,
            drop_missing=drop_missing,
            device=device,
            engine=LocalEngine(workers),
            progress=progress,
        )

    # Questions.

    def lookup(
        self,
        picture: Picture,
        *,
        k: int = HITS,
        verify: bool = True,
        effort: EffortName | None = None,
        prior: float = DEFAULT_PRIOR,
        threshold: float | None = None,
    ) -> Lookup:
        """Find the items that a picture may be a copy of.

        Args:
            picture: a path, the bytes of a file, a PIL image, or an array: (h, w, 3) RGB or (h, w) grey, uint8.
            k: the number of items.
            verify: compare the picture with those of the nearest items, whose features are stored.
            effort: how many views of the picture to search for, and how many items to compare it with; see `EFFORTS`.
                By default `default`, or `low` without verification.
            prior: probability of a copy before the pictures are compared, above 0 and below 1.
            threshold: probability from which an item is called a likely copy, by default 0.5; without verification a
                score, by default the model's own.

        Raises:
            ImageError: the picture cannot be read.
            InputError: it is not a picture, the prior or the threshold is out of range, or no threshold is known.
            DescriptorError: the library's model is not available any more.
            CopytraceError: one of the library's files is missing or damaged.
        """

        def work() -> Lookup:
            asked = self._asked(self._choice, k, threshold, verify=verify, effort=effort, prior=prior)
            query = describe_picture(picture, self._model())
            # Comparing a single picture is faster than starting another process.
            return self._lookups.answer([query], asked, LocalEngine(1), MemoryLedger())[0]

        return self._latest(work)

    def lookup_images(
        self,
        images: Path | str | ImageList,
        *,
        k: int = HITS,
        verify: bool = True,
        effort: EffortName | None = None,
        prior: float = DEFAULT_PRIOR,
        threshold: float | None = None,
        workers: int | None = None,
        progress: Progress = SILENT,
    ) -> tuple[list[Lookup], tuple[Failure, ...]]:
        """Look up all images of a folder, list, tar file or URL, in the order of their IDs; arguments as for `lookup`.

        Returns:
            The result of each, and the images that could not be used, with reasons.
        """
        listed = self.listed(images, progress)
        engine = LocalEngine(workers)

        def work() -> tuple[list[Lookup], tuple[Failure, ...]]:
            asked = self._asked(self._choice, k, threshold, verify=verify, effort=effort, prior=prior)
            queries, failures = self._described(listed, engine, progress)
            with temporary_ledger() as ledger:
                found = self._lookups.answer(queries, asked, engine, ledger, progress) if queries else []
            return found, failures

        return self._latest(work)

    def _described(
        self, listed: ImageList, engine: LocalEngine, progress: Progress
    ) -> tuple[list[Query], tuple[Failure, ...]]:
        """Images to look up, in the order of their IDs, and those that could not be used."""
        described: dict[str, Query] = {}
        failures = list(listed.failures)
        with progress.task("look up", len(listed), "images") as bar:
            chunks = split(listed, self._choice, self._model())
            for chunk, part in engine_for(self._choice, engine).map_unordered(describe_chunk, chunks):
                described.update(zip(part.ids, queries_of(chunk, part), strict=True))
                failures.extend(part.failures)
                bar.advance(chunk.size)
        return [described[image_id] for image_id in sorted(described)], tuple(failures)

    def lookup_vectors(
        self,
        vectors: Float32Array,
        bias: Float32Array | None = None,
        *,
        k: int = HITS,
        threshold: float | None = None,
    ) -> list[Lookup]:
        """Find the items with the nearest vectors to vectors of the library's model.

        Args:
            vectors: (n, d) float32.
            bias: (n,) the bias of each, if the library's vectors have one.
            k: number of items for each.
            threshold: as in `lookup`.

        Raises:
            DescriptorError: there is a bias but the library's vectors have none, or vice versa.
            UpgradedError: the library has been upgraded to another model since this object last used it.
            SearchError: the vectors do not match.
        """
        settings = self._catalogue.settings
        if (bias is not None) != settings.biased:
            needs = "needs a" if settings.biased else "has no"
            raise DescriptorError(f"{self.path}: its model {needs} bias for each vector.")
        biases = [None] * len(vectors) if bias is None else bias.tolist()
        queries = [
            Query(f"vector {row}", None, vector, addend)
            for row, (vector, addend) in enumerate(zip(vectors, biases, strict=True))
        ]
        # Vectors have no views, so nothing loads the model.
        choice = Choice(settings.model, settings.quality)
        asked = self._asked(choice, k, threshold, verify=False, effort="low", prior=DEFAULT_PRIOR)
        return self._lookups.answer(queries, asked, LocalEngine(1), MemoryLedger())

    def _asked(
        self,
        choice: Choice,
        k: int,
        threshold: float | None,
        *,
        verify: bool,
        effort: EffortName | None,
        prior: float,
    ) -> Asked:
        check_prior(prior)
        tried = EFFORTS[effort or ("default" if verify else "low")]
        limit = asked_threshold(threshold, None, verified=verify)
        return Asked(
            settings=self._catalogue.settings,
            k=k,
            threshold=self._threshold() if limit is None else limit.score,
            views=tried.views,
            choice=choice,
            candidates=max(tried.candidates, k) if verify else k,
            verification=Verification(VERIFIERS[0], prior) if verify else None,
        )

    def _threshold(self) -> float:
        """The score of a likely copy, without verification."""
        settings = self._catalogue.settings
        if settings.threshold is None:
            raise DescriptorError(
                f"No threshold is known for the model '{settings.model_name}'. Set one: --threshold SCORE"
            )
        return -settings.threshold

    def item(self, item_id: str) -> Item | None:
        """The item with this ID, or None."""
        return self._catalogue.item(item_id)

    def file_of(self, item: Item) -> ImageFile | None:
        """The image of an item, which may be inside a tar file or on the web; None if it no longer exists."""
        return self._lookups.sources.file(item)

    def items(self) -> Iterator[Item]:
        """All items, in the order of their IDs."""
        return self._catalogue.items()

    def pictures(self, ids: Sequence[str]) -> ItemPictures:
        """The pictures of some items, and their cached features."""
        return ItemPictures(ItemsById(self._catalogue, ids), self._place.keypoints, Sources())

    def decisions(self) -> list[dict[str, str]]:
        """All decisions, earliest first."""
        return self._catalogue.decisions()

    def count_reviews(self) -> int:
        """The number of matches that await a decision."""
        with self._catalogue.reading():
            return self._catalogue.reviews.count()

    def reviews(self, most: int = 100) -> list[Review]:
        """Matches that await a decision, latest first."""
        with self._catalogue.reading():
            return self._catalogue.reviews.awaiting(most)

    def asked_picture(self, query_sha256: str) -> bytes | None:
        """A small JPEG of a picture in the review queue, or None."""
        with self._catalogue.reading():
            return self._catalogue.reviews.jpeg(query_sha256)

    def not_copies(self) -> Iterator[tuple[str, bytes]]:
        """Pictures that people decided are not copies: the digest and a small JPEG of each.

        They are negatives for `copytrace fit-background`.
        """
        with self._catalogue.reading():
            yield from self._catalogue.reviews.not_copies()

    def stats(self) -> Stats:
        """Statistics of the library."""
        with self._catalogue.reading():
            return Stats(
                path=self.path,
                items=self._catalogue.count(),
                lost=self._catalogue.count_lost(),
                segments=len(self._catalogue.segments()),
                open_rows=self._catalogue.count_open(),
                removed_rows=sum(self._catalogue.removed_counts().values()),
                bytes=self._place.size(),
                sources=self._catalogue.sources(),
                settings=self._catalogue.settings,
            )

    def export(self, output: Path | str, *, replace: bool = False, progress: Progress = SILENT) -> int:
        """Write all items as one descriptor set, in the order of their IDs; return their number.

        Raises:
            InputError: the output cannot be written, or the library is empty.
        """
        check_output(Path(output), replace=replace)
        with self._catalogue.reading():
            return export_items(self._place, self._catalogue, self._shelf, Path(output), progress)

    def check(self, *, workers: int | None = None, progress: Progress = SILENT) -> Checked:
        """Check every file of the library, rebuild what is lost if possible, and list what cannot be rebuilt.

        Lost vectors are described again from their images, if these still exist.
        """
        with self._changing():
            return check_library(
                self._place, self._catalogue, self._shelf, self._choice, self._model(), workers, progress
            )

    @property
    def _choice(self) -> Choice:
        return self._library_model().choice

    def _model(self) -> Model:
        return self._library_model().model

    def _library_model(self) -> LibraryModel:
        """The model that made the library's vectors; see `load_library_model`."""
        settings = self._catalogue.settings
        if self._loaded is None or self._loaded[0] != settings:
            self._loaded = settings, load_library_model(self._place, settings, self._device)
        return self._loaded[1]
