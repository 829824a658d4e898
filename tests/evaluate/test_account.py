"""Read N, used M, left out K because: the sentences, and that nothing of a data set goes without a word."""

from n6studio.domain.evaluation.account import Account, LeftOut


def test_all_of_it():
    assert Account(images=80, images_used=80).sentences == ("Images: read 80, used all.",)
    assert Account(images=1200, images_used=1200, labels=3, labels_used=3).sentences == (
        "Images: read 1,200, used all.",
        "Labels: read 3, used all.",
    )


def test_some_of_it_with_reasons():
    account = Account(
        images=5,
        images_used=2,
        images_left_out=(
            LeftOut(count=2, reason="in .heic files, which are not read", example="a.heic"),
            LeftOut(count=1, reason="cannot be read: it is empty", example="b.jpg"),
        ),
        labels=4,
        labels_used=3,
        labels_left_out=(LeftOut(count=1, reason="without a labelled keypoint"),),
    )
    assert account.sentences == (
        "Images: read 5, used 2, left out 3: 2 in .heic files, which are not read (first a.heic); "
        "1 cannot be read: it is empty (b.jpg).",
        "Labels: read 4, used 3, left out 1: 1 without a labelled keypoint.",
    )
